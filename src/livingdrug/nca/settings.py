"""What an analysis is told: rules with stated defaults, all of them printed with the results."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from livingdrug.core.errors import InputError

AucRule = Literal["linup-logdown", "linear"]
BelowRule = Literal["drop", "zero", "lloq", "half"]
ADULT_BLOOD = 5e6  # uL: what Kirouac 2024 puts behind its expansion ratios
ADULT_WEIGHT = 70.0


@dataclass(frozen=True)
class TerminalPoints:
    """Terminal points chosen by hand for one subject.

    Parameters
    ----------
    subject : str
        Name of the subject.
    start, end : float
        Every quantifiable value from here to there, in the unit of time of the data.
    reason : str
        Why; it is reported.

    Raises
    ------
    InputError
        For an end before the start, or no reason.
    """

    subject: str
    start: float
    end: float
    reason: str

    def __post_init__(self) -> None:
        if not (np.isfinite(self.start) and np.isfinite(self.end) and self.start < self.end):
            raise InputError(
                f"terminal points of subject `{self.subject}`: the start must lie before the end"
            )
        if not self.reason.strip():
            raise InputError(f"terminal points of subject `{self.subject}`: a choice by hand needs a reason")


@dataclass(frozen=True)
class NcaSettings:
    """How to analyse.

    Parameters
    ----------
    auc : {'linup-logdown', 'linear'}
        Rule of the trapezoids.
    blq_first, blq_middle, blq_last : {'drop', 'zero', 'lloq', 'half'}
        What a value below the limit of quantification becomes before the first, between, and after the
        last quantifiable value.
    window : (float, float), optional
        Of AUCINT, in the unit of time of the data; 0 to 28 d where the unit is stated.
    above : float, optional
        Level of XTLIM; the limit of quantification where none is given.
    blood_volume : float, optional
        uL; by weight where none is given and weights are known: 5 L at 70 kg, after Kirouac 2024.
    terminal : tuple of TerminalPoints
        Points chosen by hand.
    small_molecule : bool
        Also CL, VZ, MRT and AUMC, which mean nothing for cells that multiply.
    """

    auc: AucRule = "linup-logdown"
    blq_first: BelowRule = "zero"
    blq_middle: BelowRule = "drop"
    blq_last: BelowRule = "zero"
    window: tuple[float, float] | None = None
    above: float | None = None
    blood_volume: float | None = None
    terminal: tuple[TerminalPoints, ...] = ()
    small_molecule: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (
            ("auc", AucRule), ("blq_first", BelowRule), ("blq_middle", BelowRule), ("blq_last", BelowRule),
        ):  # fmt: skip
            if getattr(self, name) not in get_args(allowed):
                known = ", ".join(get_args(allowed))
                raise InputError(f"the rule {name} is `{getattr(self, name)}`; it must be one of {known}")
        if self.window is not None:
            start, end = self.window
            if not (np.isfinite(start) and np.isfinite(end) and 0 <= start < end):
                raise InputError(
                    f"the window is {start:g} to {end:g}; it must start at 0 or later and end after its start"
                )
        if self.above is not None and not 0 < self.above < np.inf:
            raise InputError(f"the level of XTLIM is {self.above:g}; it must be finite and above 0")
        volume = self.blood_volume
        if volume is not None and not 0 < volume < np.inf:
            raise InputError(f"the blood volume is {volume:g}; give it in uL (an adult: 5e6)")

    @property
    def rules(self) -> tuple[str, str, str]:
        """Rules for first, middle and last."""
        return self.blq_first, self.blq_middle, self.blq_last
