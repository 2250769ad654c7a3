"""Species, compartments and parameters of an SBML model: states, quantities, outputs, rules, with their
units."""

import math
from typing import Any

from livingdrug.core.errors import InputError
from livingdrug.standards.sbml.elements import is_species, meaning_of, number_of
from livingdrug.standards.sbml.own import facts_of
from livingdrug.standards.sbml.reactions import FlowWriter
from livingdrug.standards.sbml.units import unit_of_id

Table = dict[str, Any]
NO_UNIT = "1"
CLOCKS = ("d", "h", "min", "s")


class ThingWriter(FlowWriter):
    """Writes species, compartments and parameters; what it needs of the tables stands below and in
    `FlowWriter`."""

    notes: list[str]
    states: list[Table]
    outputs: list[Table]
    values: dict[str, float]
    unknown: dict[str, str]
    at_start: dict[str, str]
    fixed: frozenset[str]

    # ------------------------------------------------------------------------------------------------- units

    def _time_unit(self) -> str:
        given = self.model.getTimeUnits() if self.model.getLevel() > 2 else "time"
        unit = unit_of_id(self.model, given)
        if unit in CLOCKS:
            return unit
        what = (
            f"states `{given}` as its unit of time, which is none of {', '.join(CLOCKS)}"
            if given
            else "states no unit of time"
        )
        self.notes.append(f"The file {what}: one unit of its time is shown as 1 d.")
        return "d"

    def _unit(self, given: str) -> str:
        return unit_of_id(self.model, given) or NO_UNIT

    def _unit_of(self, thing) -> str:
        """The unit of a species (as its id means it), a compartment or a parameter."""
        import libsbml as s

        kind = thing.getTypeCode()
        if kind == s.SBML_PARAMETER or kind == s.SBML_LOCAL_PARAMETER:
            return self._unit(thing.getUnits())
        if kind == s.SBML_COMPARTMENT:
            return self._unit(thing.getUnits() or self._default("volume", self.model.getVolumeUnits()))
        if kind != s.SBML_SPECIES:
            return NO_UNIT
        amount = unit_of_id(self.model, self._substance(thing))
        if amount is None or thing.getHasOnlySubstanceUnits():
            return amount or NO_UNIT
        volume = self._unit_of(self.stock.compartments[thing.getCompartment()])
        return f"{amount}/{volume}" if volume != NO_UNIT else NO_UNIT

    def _substance(self, species) -> str:
        return species.getSubstanceUnits() or self._default("substance", self.model.getSubstanceUnits())

    def _default(self, word: str, given: str) -> str:
        return given if self.model.getLevel() > 2 else word

    # ------------------------------------------------------------------------------------ what there is

    def _thing(self, given: str, thing) -> None:
        """A species, compartment, parameter or stoichiometry that no assignment rule gives."""
        if given in self.stock.assigned:
            return
        name, meaning = self.known[given], meaning_of(thing, given)
        unit = self._unit_of(thing)
        if given in self.stock.moving:
            self._state(given, thing, name, unit, meaning)
        elif given in self.stock.start or self._as_amount(thing):
            self.definitions.append(
                {"name": name, "expression": self._initial(given, thing, name), "meaning": meaning}
            )
        else:
            self._quantity(name, unit, meaning, number_of(thing))
        if is_species(thing):
            self._output(given, name, unit, meaning)
        elif given in self.stock.moving:
            self.outputs.append({"name": name, "expression": name, "unit": unit, "meaning": meaning})

    def _state(self, given: str, thing, name: str, unit: str, meaning: str) -> None:
        """Something that moves. A concentration in a volume that changes is kept as an amount."""
        if self._kept_as_amount(thing):
            volume = self.known[thing.getCompartment()]
            held = self.held[given] = self.names.fresh(f"{name}_amount")
            amount = self._unit(self._substance(thing))
            self.states.append({"name": held, "unit": amount, "meaning": f"{meaning}, amount"})
            self.definitions.append(
                {"name": name, "expression": f"{held} / {volume}", "meaning": f"{meaning}, concentration"}
            )
            self.at_start[held] = f"({self._initial(given, thing, name)}) * ({volume})"
            return
        self.states.append({"name": name, "unit": unit, "meaning": meaning, **self._place_of(thing)})
        self.at_start[name] = self._initial(given, thing, name)

    def _place_of(self, thing) -> Table:
        """Roles and place of a state, where a file that was written here states them."""
        facts = facts_of(thing, "roles", "at")
        return {k: v.split() if k == "roles" else v for k, v in facts.items()}

    def _kept_as_amount(self, thing) -> bool:
        if not is_species(thing) or thing.getHasOnlySubstanceUnits() or thing.getId() in self.stock.rates:
            return False
        return thing.getCompartment() not in self.fixed

    def _as_amount(self, thing) -> bool:
        """Whether the number of a species is its amount although its id means the concentration (or the
        other way)."""
        if not is_species(thing):
            return False
        if thing.getHasOnlySubstanceUnits():
            return thing.isSetInitialConcentration()
        return thing.isSetInitialAmount()

    def _initial(self, given: str, thing, name: str) -> str:
        """What something is at time 0: an initial assignment, or a quantity with the number of the file."""
        if given in self.stock.start:
            return self._text(self.stock.start[given].getMath(), at_start=True)
        number = self.names.fresh(f"{name}_0")
        meaning = f"{meaning_of(thing, given)}, at time 0"
        if not self._as_amount(thing):
            self._quantity(number, self._unit_of(thing), meaning, number_of(thing))
            return number
        volume = self.known[thing.getCompartment()]
        amount = self._unit(self._substance(thing))
        if thing.getHasOnlySubstanceUnits():
            unit = f"{amount}/{self._unit_of(self.stock.compartments[thing.getCompartment()])}"
            self._quantity(
                number,
                unit if NO_UNIT not in unit.split("/") else NO_UNIT,
                meaning,
                thing.getInitialConcentration(),
            )
            return f"{number} * {volume}"
        self._quantity(number, amount, f"{meaning}, amount", thing.getInitialAmount())
        return f"{number} / {volume}"

    def _quantity(self, name: str, unit: str, meaning: str, value: float) -> None:
        bound = "any" if value < 0 else "nonnegative"
        self.quantities.append({"name": name, "unit": unit, "meaning": meaning, "bound": bound})
        if math.isfinite(value):
            self.values[name] = value
        elif math.isnan(value):
            self.unknown[name] = "the file states no value"
        else:
            raise InputError(f"`{self.origin}`: the value of `{name}` is {value}; it must be a finite number")

    def _output(self, given: str, name: str, unit: str, meaning: str) -> None:
        """A species as its id means it, and its amount where that is something else."""
        self.outputs.append(
            {"name": name, "expression": name, "unit": unit, "meaning": meaning, "measured": True}
        )
        species = self.stock.species[given]
        compartment = self.stock.compartments.get(species.getCompartment())
        if (
            species.getHasOnlySubstanceUnits()
            or compartment is None
            or compartment.getSpatialDimensionsAsDouble() == 0
        ):
            return
        if (
            compartment.getId() not in self.fixed
            or compartment.getId() in self.stock.start
            or compartment.getSize() != 1
        ):
            volume, amount = self.known[species.getCompartment()], self._unit(self._substance(species))
            self.outputs.append(
                {
                    "name": self.names.fresh(f"{name}_amount"),
                    "expression": f"{name} * {volume}",
                    "unit": amount,
                    "meaning": f"{meaning}, amount",
                }
            )

    def _assigned(self, given: str) -> None:
        """A variable that an assignment rule gives at any time."""
        things = {
            **self.stock.species,
            **self.stock.compartments,
            **self.stock.parameters,
            **self.stock.references,
        }
        thing, name = things.get(given), self.known.get(given)
        if thing is None or name is None:
            raise InputError(f"`{self.origin}`: a rule names `{given}`, which is not in the model")
        text, meaning = self._text(self.stock.assigned[given].getMath()), meaning_of(thing, given)
        self.definitions.append({"name": name, "expression": text, "meaning": meaning})
        if is_species(thing):
            self._output(given, name, self._unit_of(thing), meaning)
        elif given not in self.fixed:
            self.outputs.append(
                {"name": name, "expression": name, "unit": self._unit_of(thing), "meaning": meaning}
            )
