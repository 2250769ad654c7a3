"""How a measure of an assay moves a quantity of a model of patients."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError

SLOPE, SLOPE_SD = 1.0, 0.5


@dataclass(frozen=True)
class Link:
    """Which measure of an assay moves which quantity of a model, and by how much.

    Attributes
    ----------
    rate : str
        The measure.
    quantity : str
        Of the model.
    slope, sd : float
        Slope of the logarithms, mean and SD.
    assumed : bool
        Whether the slope is assumed rather than measured.
    scatter : float
        SD of the logarithm by which a new group differs from that line.
    """

    rate: str
    quantity: str
    slope: float = SLOPE
    sd: float = SLOPE_SD
    assumed: bool = True
    scatter: float = 0.0

    def sentence(self) -> str:
        """What is assumed, in words."""
        whose = "an assumption of ours, as no public data tell it" if self.assumed else "as given"
        return (
            f"ln ratio of {self.quantity} = ({self.slope:g} +- {self.sd:g}) x ln ratio of {self.rate}"
            + (f" +- {self.scatter:g}, a group's own" if self.scatter else "")
            + f": {whose}"
        )


def read_with_sd(text: str) -> tuple[float, float | None]:
    """`1+-0.5`: a number and its SD, None where it has none.

    Parameters
    ----------
    text : str
        Such as `1+-0.5`.

    Returns
    -------
    tuple[float, float] or None

    Raises
    ------
    ValueError
        For other texts.
    """
    value, sign, sd = text.replace(" ", "").replace("±", "+-").partition("+-")
    found = float(value), float(sd) if sign else None
    if not np.isfinite(found[0]) or (found[1] is not None and not (np.isfinite(found[1]) and found[1] >= 0)):
        raise ValueError
    return found


def read_link(text: str) -> Link:
    """`k_kill=k_kill:1+-0.5~0.2`: measure, quantity of the model, slope and its SD, scatter of groups (where
    one is given).

    Parameters
    ----------
    text : str
        Such as `k_kill=k_kill:1+-0.5~0.2`.

    Returns
    -------
    Link

    Raises
    ------
    InputError
        For other texts.
    """
    rate, _, right = text.rpartition("=")
    into, colon, slope = right.partition(":")
    slope, tilde, own = slope.partition("~")
    try:
        if not rate.strip() or not into.strip().isidentifier():
            raise ValueError
        mean, sd = read_with_sd(slope) if colon else (SLOPE, SLOPE_SD)
        scatter, also = read_with_sd(own) if tilde else (0.0, None)
        if scatter < 0 or also is not None:
            raise ValueError
    except ValueError:
        raise InputError(
            f"`{text}` cannot be read; write RATE=QUANTITY:SLOPE+-SD, such as k_kill=k_kill:1+-0.5 (the "
            "slope may be left out, and ~SCATTER may follow it)"
        ) from None
    return Link(rate.strip(), into.strip(), mean, sd or 0.0, not colon, scatter)
