"""How a plate is to be fitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from livingdrug.assay.effects import FORMS
from livingdrug.assay.laws import GROWTH, rates_of
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models import Model

BY = ("construct", "donor", "treatment", "well", "all")
ERRORS = ("correlated", "independent", "given")
SEEDING = (
    0.1  # SD of the logarithm of an error of effectors that all wells share, where donors do not show it
)


def growth_rates(model: Model) -> tuple[str, ...]:
    """The rates of the growth of the targets."""
    known = {q.name for law in GROWTH.values() for q in law.quantities}
    return tuple(name for name in ("growth", "crowding") if name in known)


@dataclass(frozen=True)
class AssayPlan:
    """How a plate is fitted.

    Attributes
    ----------
    model : Model
        Laws of growth, killing and effectors, made by `assay_model`.
    by : tuple of str
        Columns of the map whose groups have rates of their own.
    shared : tuple of str
        Rates that all wells share.
    donors : bool
        Whether donors differ by random effects.
    plates : bool
        Whether plates do, on growth and on what effectors do.
    edge : bool
        Whether outer wells may grow and read differently.
    errors : str
        One of ERRORS.
    seeding : float
        SD of an error of the effectors seeded that all wells share, where no donors differ.
    fixed : Mapping[str, float]
        Rates that are taken as known.
    dose : Mapping[str, str]
        Rate -> how the dose of a well moves it, one of `effects.FORMS`.
    """

    model: Model
    by: tuple[str, ...] = ("construct",)
    shared: tuple[str, ...] = ("growth", "crowding")
    donors: bool = True
    plates: bool = False
    edge: bool = True
    errors: str = "correlated"
    seeding: float = SEEDING
    fixed: Mapping[str, float] = field(default_factory=dict, hash=False)
    dose: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        rates = rates_of(self.model)
        for name in (*self.fixed, *self.shared):
            if name not in rates and name not in growth_rates(self.model):
                raise InputError(unknown("rate of this model", name, rates))
        for name, form in self.dose.items():
            if name not in rates or name in self.fixed:
                raise InputError(
                    unknown(
                        "rate that is fitted and may depend on a dose", name, set(rates) - set(self.fixed)
                    )
                )
            if form not in FORMS:
                raise InputError(unknown("effect of a dose", form, FORMS))
        for column in self.by:
            if column not in BY:
                raise InputError(unknown("column of the map to fit by", column, BY))
        if self.errors not in ERRORS:
            raise InputError(unknown("kind of error", self.errors, ERRORS))
        if not (np.isfinite(self.seeding) and self.seeding >= 0):
            raise InputError(
                f"the SD of the effectors seeded is {self.seeding:g}; it must be finite and not negative"
            )
