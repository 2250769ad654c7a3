"""Exposures of the virtual patients at a candidate, in the units of the curves they are put into."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.units import in_a_day
from livingdrug.models import Model
from livingdrug.optimum.candidates import Candidate
from livingdrug.response import Curve, curve_at, exposure_factor
from livingdrug.simulation import Draw, Regimen, default_until, expansion_peak, exposure_task, infusate_first

EXPOSURES = ("CMAX", "AUC28")
STATED = re.compile(rf"({'|'.join(EXPOSURES)}):([^:]+):([^:]+)")


@dataclass(frozen=True)
class Side:
    """An outcome.

    Attributes
    ----------
    curve : Curve
        Its probability by exposure.
    factor : float
        From the model's unit to that of the curve.
    lowest, highest : float or None
        Exposures that it was fitted to, None where it is built in or stated.
    notes : tuple of str
        What to know of it, a sentence each.
    """

    curve: Curve
    factor: float
    lowest: float | None = None
    highest: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def peak(self) -> bool:
        """Whether it is on CMAX."""
        return self.curve.exposure == "CMAX"


@dataclass(frozen=True)
class Exposed:
    """A candidate in all patients: response, toxicity: exposures in the units of the curves, nan for a patient that could
    not be computed, shape (n,) each, a CMAX being that of the expansion (XCMAX, 0 where the level never rises) where infused
    cells are counted too; infused: whether these are higher, shape (n,)."""

    response: np.ndarray
    toxicity: np.ndarray
    infused: np.ndarray


def stated_curve(text: str, name: str) -> Curve | None:
    """`CMAX:40:1.2`: exposure, EC50 and slope of a curve that its user states; None for a text of another
    form.

    Parameters
    ----------
    text : str
        Such as `CMAX:40:1.2`.
    name : str
        Of the curve.

    Returns
    -------
    Curve or None
    """
    found = STATED.fullmatch(text.strip())
    if found is None:
        return None
    try:
        ec50, slope = float(found[2]), float(found[3])
    except ValueError:
        raise InputError(f"`{text}` cannot be read; write EXPOSURE:EC50:SLOPE with numbers, such as CMAX:40:1.2") from None
    return curve_at(name, ec50, slope, "as given", "stated", found[1])


def side_of(curve: Curve, model: Model, output: str, unit: str, **facts) -> Side:
    """A curve on the exposure of an output.

    A stated curve is in the unit of the model.

    Parameters
    ----------
    curve : Curve
        Of the probability.
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    output : str
        Name of an output.
    unit : str
        Of the output.
    facts
        `lowest`, `highest`, `notes` of a Side.

    Returns
    -------
    Side

    Raises
    ------
    InputError
        For an exposure or a unit that the model does not give.
    """
    given = {"CMAX": unit, "AUC28": f"{model.time_unit}*{unit}"}
    if curve.label == "stated":
        curve = replace(curve, unit=given.get(curve.exposure, ""))
    factor = exposure_factor(curve, given, f"`{output}` of `{model.full_name}`")
    return Side(curve, factor, **facts)


@dataclass(frozen=True)
class Patients:
    """The virtual patients, the same for every candidate, and what is measured in them."""

    model: Model
    draw: Draw | None
    output: str
    beside: Regimen
    threads: int | None = None

    def until(self, last: float) -> float:
        """Where a CMAX is looked for: the model's horizon, and 28 days after the last infusion of any candidate (d)."""
        return max(default_until(self.model), (last + MONTH) * in_a_day(self.model.time_unit))

    def exposed(self, one: Candidate, sides: Sequence[Side], last: float) -> tuple[Exposed, tuple[str, ...]]:
        """(exposures at a candidate, notices). last: day of the latest infusion of all candidates."""
        day = in_a_day(self.model.time_unit)
        windows = {side.peak: (0.0, self.until(last) if side.peak else MONTH * day) for side in sides}
        found, notices, infused = {}, (), None
        for peak, window in windows.items():
            task = exposure_task(self.model, self.draw, one.regimen(self.model, self.beside), window,
                                 outputs=[self.output], threads=self.threads)  # fmt: skip
            block = task(0, task.n)
            found[peak] = np.where(block.done, (block.peak if peak else block.area)[:, 0], np.nan)
            notices = task.notices
            if peak:
                peaks = block.peak[:, 0], block.rise[:, 0]
                infused = block.done & infusate_first(*peaks) & bool(task.infused)
                found[peak] = np.where(block.done, expansion_peak(*peaks), np.nan) if task.infused else found[peak]
        first, second = (side.factor * found[side.peak] for side in sides)
        return Exposed(first, second, np.zeros(len(first), bool) if infused is None else infused), notices
