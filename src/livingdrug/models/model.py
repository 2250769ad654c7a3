"""Model (structure + numbers) and Fragment (a mechanism that joins a model), and how `+` and `with_values`
act."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from livingdrug.core.errors import InputError, ModelError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown, shortly
from livingdrug.core.sources import Source
from livingdrug.models.about import About
from livingdrug.models.compose import assemble
from livingdrug.models.elements import Quantity
from livingdrug.models.experiments import Anchor, Experiment
from livingdrug.models.fitted import Fitted
from livingdrug.models.parameters import Bound, Population, Ranges, Residual, Values, check_value
from livingdrug.models.structure import ClosedForm, Structure
from livingdrug.models.system import System


@dataclass(frozen=True, repr=False)
class Fragment(Shown):
    """A mechanism with its default numbers, to be joined to a model with `+`, in any order.

    Attributes
    ----------
    name, title : str
        What it is called, and what it adds in a few words.
    structure : Structure
        States, flows and rules that it brings.
    values : Values
        Its default numbers, with their source.
    deviations : tuple of str
        Where it departs from its source, a sentence each.
    """

    name: str
    title: str
    structure: Structure
    values: Values
    deviations: tuple[str, ...] = ()

    def __add__(self, other):
        if isinstance(other, Model):
            return other + self
        return Fragments((self,)) + other

    def _facts(self) -> dict[str, str]:
        return {"name": self.name, "title": self.title}


@dataclass(frozen=True)
class Fragments:
    """Several fragments joined before they meet a model.

    Attributes
    ----------
    members : tuple of Fragment
        In no order.
    """

    members: tuple[Fragment, ...]

    def __add__(self, other):
        if isinstance(other, Model):
            return other + self
        if isinstance(other, Fragment | Fragments):
            return Fragments(self.members + _members(other))
        return NotImplemented


def _members(parts: Fragment | Fragments) -> tuple[Fragment, ...]:
    return parts.members if isinstance(parts, Fragments) else (parts,)


@dataclass(frozen=True, repr=False)
class Model(Shown):
    """Equations, published numbers and what is known of them.

    Attributes
    ----------
    name, title : str
        What it is called, and what it describes in a few words.
    structure : Structure or ClosedForm
        The equations: states and flows, or formulas of time.
    values : tuple of Values
        Published vectors; the first one is the default.
    populations : tuple of Population
        Published between-subject variabilities.
    ranges : tuple of Ranges
        Published ranges, which describe no patient.
    residuals : tuple of Residual
        Published residual errors, by output.
    bounds : tuple of Bound
        Highest levels that a subject can have, where the model states its own (see `models.bounds`).
    experiments : tuple of Experiment
        Doses and horizons of the source.
    individual : dict of str to str
        Quantity -> expression that replaces it for a subject (covariate effects).
    anchors : tuple of Anchor
        Published numbers that the model must reproduce.
    deviations : tuple of str
        Where it departs from its source, a sentence each.
    about : About, optional
        What it is for.
    fitted : Fitted, optional
        The fit that its numbers are from.
    fragments : tuple of Fragment
        Mechanisms joined with `+`, sorted by name.
    changes : dict of str to float
        Values set by the user.
    vector : str
        Name of the vector that was chosen; empty for the default one.
    """

    name: str
    title: str
    structure: Structure | ClosedForm
    values: tuple[Values, ...]
    populations: tuple[Population, ...] = ()
    ranges: tuple[Ranges, ...] = ()
    residuals: tuple[Residual, ...] = ()
    bounds: tuple[Bound, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    individual: dict[str, str] = field(default_factory=dict, hash=False)
    anchors: tuple[Anchor, ...] = ()
    deviations: tuple[str, ...] = ()
    about: About | None = None
    fitted: Fitted | None = None
    fragments: tuple[Fragment, ...] = ()
    changes: dict[str, float] = field(default_factory=dict, hash=False)
    vector: str = ""

    def __add__(self, other: Fragment | Fragments) -> "Model":
        if not isinstance(other, Fragment | Fragments):
            return NotImplemented
        joined = self.fragments + _members(other)
        names = [f.name for f in joined]
        for name in names:
            if names.count(name) > 1:
                raise ModelError(f"fragment `{name}` is added twice to `{self.name}`; add it once")
        return replace(self, fragments=tuple(sorted(joined, key=lambda f: f.name)))

    @cached_property
    def system(self) -> System | ClosedForm:
        """The assembled equations; ModelError in one sentence when the parts do not fit together."""
        if isinstance(self.structure, ClosedForm):
            if self.fragments:
                raise ModelError(
                    f"`{self.name}` is a closed form: its outputs are formulas of time without flows, so "
                    f"`{self.fragments[0].name}` has nothing to act on; join it to a model made of flows"
                )
            return self.structure
        return assemble(self.name, self.structure, [(f.name, f.structure) for f in self.fragments])

    @property
    def full_name(self) -> str:
        """Name with the chosen vector and the fragments, such as `kirouac_2023:cr_2 + tissue`."""
        chosen = f"{self.name}:{self.vector}" if self.vector else self.name
        return " + ".join([chosen, *(f.name for f in self.fragments)])

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why its numbers are to be doubted, where they are from a fit that is not sound; said wherever it is
        used."""
        doubts = self.fitted.doubts if self.fitted else ()
        return tuple(
            f"`{self.name}` is a fit that is not sound, used all the same: {doubt}" for doubt in doubts
        )

    @property
    def standing(self) -> tuple[str, ...]:
        """Cautions that hold for every subject, such as units that nothing checked; said wherever it is
        used."""
        return tuple(f"`{self.full_name}`: {c.message}" for c in self.system.cautions if c.expression == "1")

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """All quantities of the assembled equations."""
        return self.system.quantities

    @property
    def time_unit(self) -> str:
        """d, or h on an assay clock."""
        return self.system.time_unit

    @cached_property
    def known(self) -> dict[str, float]:
        """The same as `typical`, without the quantities that have no public number."""
        merged: dict[str, float] = {}
        for fragment in self.fragments:
            merged |= fragment.values.values
        merged |= self.values[0].values
        merged |= self.changes
        return {q.name: merged[q.name] for q in self.quantities if q.name not in self.unknown}

    @property
    def unknown(self) -> dict[str, str]:
        """Quantity -> why it has no public number; what a user has set is not among them."""
        return {name: why for name, why in self.values[0].unknown.items() if name not in self.changes}

    @cached_property
    def typical(self) -> dict[str, float]:
        """Value of every quantity for the typical subject: the default vector, the fragments' values, the
        changes.

                Raises InputError where a number is not public and was not set.
        """
        if self.unknown:
            units = {q.name: q.unit for q in self.quantities}
            named = "; ".join(f"`{name}` ({units[name]}): {why}" for name, why in self.unknown.items())
            raise InputError(
                f"`{self.full_name}` has no number for {named}; set it (command line: --set NAME=VALUE)"
            )
        return self.known

    def shown_value(self, quantity: str) -> str:
        """A quantity's value in print, `not public` where there is none."""
        return f"{self.known[quantity]:.10g}" if quantity in self.known else "not public"

    def source_of(self, quantity: str) -> Source:
        """Source of a quantity's value."""
        for values in (self.values[0], *(f.values for f in self.fragments)):
            if quantity in values.values:
                return values.source_of(quantity)
        if quantity in self.values[0].unknown:
            return Source("livingdrug", "", note=f"not public: {self.values[0].unknown[quantity]}")
        raise InputError(unknown("parameter", quantity, self.known))

    def with_vector(self, name: str) -> "Model":
        """The model with another published vector as its typical values. Raises InputError for an unknown
        name."""
        found = [v for v in self.values if v.name == name]
        if not found:
            raise InputError(f"`{self.name}`: " + unknown("vector", name, [v.name for v in self.values]))
        others = (v for v in self.values if v.name != name)
        return self._of_the_same_equations(replace(self, values=(*found, *others), vector=name))

    def with_published_values(self) -> "Model":
        """The model without the values that a user has set."""
        return self._of_the_same_equations(replace(self, changes={}))

    def with_values(self, changes: Mapping[str, float] | None = None, **named: float) -> "Model":
        """The model with other typical values; a name or a paper symbol selects the quantity.

        Raises InputError for an unknown name, a value that is not finite or one outside its bound.
        """
        checked = dict(self.changes)
        for given, value in {**(changes or {}), **named}.items():
            quantity = find_quantity(self, given)
            checked[quantity.name] = check_value(quantity, value)
        return self._of_the_same_equations(replace(self, changes=checked))

    def _of_the_same_equations(self, changed: "Model") -> "Model":
        """A model of other values: equations do not depend on those, and assembling them takes a while."""
        if "system" in self.__dict__:
            changed.__dict__["system"] = self.system
        return changed

    def _facts(self) -> dict[str, str]:
        system = self.system
        closed = isinstance(system, ClosedForm)
        size = "closed form" if closed else f"{len(system.states)} states, {len(system.flows)} flows"
        return {
            "name": self.full_name,
            "title": self.title,
            "equations": f"{size}, {len(self.quantities)} quantities",
            "outputs": ", ".join(f"{output.name} ({output.unit})" for output in self.system.outputs),
            "variability": ", ".join(population.name for population in self.populations) or "none published",
        } | ({"changed": shortly(tuple(self.changes))} if self.changes else {})

    def _frame(self):
        import pandas as pd

        rows = [(q.name, self.known.get(q.name, math.nan), q.unit, q.meaning) for q in self.quantities]
        return pd.DataFrame(rows, columns=["quantity", "value", "unit", "meaning"])


def flows_of(model: Model) -> System:
    """The equations of a model that is made of flows.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    System

    Raises
    ------
    ModelError
        For a closed form.
    """
    system = model.system
    if isinstance(system, ClosedForm):
        raise ModelError(f"`{model.full_name}` is a closed form: it has no states and no flows")
    return system


def closed_form_of(model: Model) -> ClosedForm:
    """The formulas of a closed form.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    ClosedForm

    Raises
    ------
    ModelError
        For a model that is made of flows.
    """
    system = model.system
    if not isinstance(system, ClosedForm):
        raise ModelError(f"`{model.full_name}` is made of flows: it has no formulas of time")
    return system


def plain_symbol(symbol: str) -> str:
    r"""A LaTeX symbol as one would type it: `\mu_{M}` -> `muM`.

    Parameters
    ----------
    symbol : str
        How the publication writes it, in LaTeX, without dollar signs.

    Returns
    -------
    str
    """
    for mark in ("\\", "{", "}", "_", " "):
        symbol = symbol.replace(mark, "")
    return symbol


def find_quantity(model: Model, given: str) -> Quantity:
    """The quantity with this name or paper symbol.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    given : str
        Its name or symbol.

    Returns
    -------
    Quantity

    Raises
    ------
    InputError
        When there is none or several.
    """
    by_name = {q.name: q for q in model.quantities}
    if given in by_name:
        return by_name[given]
    found = [q for q in model.quantities if q.symbol and plain_symbol(q.symbol) == plain_symbol(given)]
    if len(found) > 1:
        both = " and ".join(f"`{q.name}`" for q in found)
        raise InputError(f"`{given}` is the symbol of {both} in `{model.full_name}`; use the name")
    if not found:
        known = [*by_name, *(plain_symbol(q.symbol) for q in model.quantities if q.symbol)]
        raise InputError(f"`{model.full_name}` has an " + unknown("parameter", given, known))
    return found[0]
