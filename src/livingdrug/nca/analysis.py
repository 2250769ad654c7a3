"""What the functions of parameters are given: one block of profiles, and whatever several of them need,
computed once."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from livingdrug.data import Data
from livingdrug.nca import areas
from livingdrug.nca.blocks import Block, at, last_true
from livingdrug.nca.causes import Cause, marks
from livingdrug.nca.registry import parameter_of
from livingdrug.nca.settings import NcaSettings
from livingdrug.nca.slopes import Terminal, fit_terminal

PER_DAY = {"d": 1.0, "h": 24.0}


@dataclass(frozen=True)
class Value:
    """A parameter of n profiles.

    Parameters
    ----------
    value : ndarray of shape (n,)
        The numbers; what stands where a cause makes it absent does not matter.
    causes : ndarray of shape (n,)
        Bits of `causes.Cause`: why a value is absent, or to be taken with caution.
    points : ndarray of shape (n, w), optional
        Which measured cells a fit used.
    """

    value: np.ndarray
    causes: np.ndarray
    points: np.ndarray | None = None


@dataclass(frozen=True)
class Analysis:
    """A block of n profiles with data, settings and window; `analysis[code]` is another parameter, shape
    (n,).

    Attributes
    ----------
    block : Block
        Profiles of equal shape, one row each, n of them.
    data : Data
        The samples they are from.
    settings : NcaSettings
        How they are analysed.
    window : tuple[float, float] or None
        Start and end of the window of partial areas, in the time unit of the data.
    """

    block: Block
    data: Data
    settings: NcaSettings
    window: tuple[float, float] | None
    _found: dict[str, Value] = field(default_factory=dict)

    def __getitem__(self, code: str) -> Value:
        if code not in self._found:
            self._found[code] = parameter_of(code).of(self)
        return self._found[code]

    @property
    def n(self) -> int:
        """Number of profiles."""
        return self.block.n

    @cached_property
    def peak(self) -> np.ndarray:
        """Column of the first highest quantifiable value, shape (n,)."""
        return np.argmax(np.where(self.block.quantifiable, self.block.value, -np.inf), axis=1)

    @cached_property
    def any_value(self) -> np.ndarray:
        """Whether a value is quantifiable, shape (n,)."""
        return np.any(self.block.quantifiable, axis=1)

    @cached_property
    def nothing(self) -> np.ndarray:
        """Causes of what needs a quantifiable value, shape (n,)."""
        return marks(self.n, (~self.any_value, Cause.NOTHING_QUANTIFIABLE))

    @cached_property
    def last(self) -> np.ndarray:
        """Column of the last quantifiable value, 0 where there is none, shape (n,)."""
        return np.maximum(last_true(self.block.quantifiable), 0)

    @cached_property
    def terminal(self) -> Terminal:
        """The terminal fit."""
        start, end = np.full(self.n, np.nan), np.full(self.n, np.nan)
        for choice in self.settings.terminal:
            rows = self.data.profiles.subject[self.block.profiles] == self.data.subjects.index(choice.subject)
            start[rows], end[rows] = choice.start, choice.end
        tmax = np.where(self.any_value, at(self.block.time, self.peak), np.inf)
        return fit_terminal(self.block, tmax, start, end)

    @cached_property
    def segments(self) -> np.ndarray:
        """Area of each segment between neighbouring samples, shape (n, w)."""
        return areas.segments(self.block, self.settings.auc)

    @cached_property
    def below_touched(self) -> np.ndarray:
        """Whether a value below the limit took part anywhere after time 0, shape (n,)."""
        block = self.block
        return np.any(block.kept & ~block.q & (block.t > 0), axis=1)

    @property
    def dose(self) -> np.ndarray:
        """Dose of each profile, nan where it is not known, shape (n,)."""
        return self.data.profiles.dose[self.block.profiles]

    @property
    def no_dose(self) -> np.ndarray:
        """Causes of what is divided by the dose, shape (n,)."""
        return marks(self.n, (~np.isfinite(self.dose), Cause.NO_DOSE))
