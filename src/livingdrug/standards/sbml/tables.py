"""An SBML model in the words of a model file: states, flows, definitions, events, quantities and their numbers."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livingdrug.core.errors import InputError, printable
from livingdrug.core.expressions import names as names_of
from livingdrug.standards.sbml import mathml
from livingdrug.standards.sbml.document import read_document
from livingdrug.standards.sbml.elements import is_species, meaning_of, number_of, plain, put_in
from livingdrug.standards.sbml.inventory import Inventory, take_stock
from livingdrug.standards.sbml.names import Names
from livingdrug.standards.sbml.own import facts_of
from livingdrug.standards.sbml.reactions import FlowWriter
from livingdrug.standards.sbml.slips import slips
from livingdrug.standards.sbml.units import unit_of_id

Table = dict[str, Any]
NO_UNIT = "1"
CLOCKS = ("d", "h", "min", "s")


def read_sbml(path: str | Path) -> Table:
    """The model in an SBML file as the tables of a model file.

    Parameters
    ----------
    path : str or Path
        SBML level 2 or 3, in XML.

    Returns
    -------
    dict
        With the keys of `docs/model_file.md`; what is worth a word (names that changed, units, terms that look like slips
        of the encoding) is in `deviations`, and slips are cautions too.

    Raises
    ------
    InputError
        For a file that cannot be read, and for what is not supported, by its name.
    """
    document = read_document(path)
    origin = printable(Path(path).name)
    tables = _Writer(document.getModel(), origin).tables()
    for found in slips(tables):
        tables["deviations"].append(f"Looks like a slip of the encoding: {found}.")
        tables["structure"].setdefault("cautions", []).append(
            {"expression": "1", "message": f"looks like a slip of the encoding in {origin}: {found}"}
        )
    return tables


class _Writer(FlowWriter):
    """The tables in the making."""

    def __init__(self, model, origin: str) -> None:
        self.model, self.origin = model, origin
        self.stock: Inventory = take_stock(model, origin)
        self.names = Names(origin)
        self.notes: list[str] = []
        self.states: list[Table] = []
        self.flows: list[Table] = []
        self.definitions: list[Table] = []
        self.clocks: list[Table] = []
        self.switches: list[Table] = []
        self.events: list[Table] = []
        self.outputs: list[Table] = []
        self.quantities: list[Table] = []
        self.values: dict[str, float] = {}
        self.unknown: dict[str, str] = {}
        self.known: dict[str, str] = {}  # id -> text
        self.held: dict[str, str] = {}  # species that is kept as an amount -> its state
        self.at_start: dict[str, str] = {}  # name of a state, definition or clock -> what it is at time 0
        self.functions = {f.getId(): f for f in model.getListOfFunctionDefinitions()}
        self.fixed: frozenset[str] = frozenset()
        self.time_unit = self._time_unit()

    # ----------------------------------------------------------------------------------------------- the whole

    def tables(self) -> Table:
        """All tables of the model file."""
        stock = self.stock
        things = {**stock.compartments, **stock.species, **stock.parameters, **stock.references}
        reactions = {r.getId(): r for r in self.model.getListOfReactions()}
        for given in (*things, *reactions):
            self.known[given] = self.names.keep(given)
        self.fixed = stock.fixed(frozenset(things))
        for given, thing in things.items():
            self._thing(given, thing)
        for given in stock.assigned:
            self._assigned(given)
        for reaction in reactions.values():
            self._reaction(reaction)
        for given, rule in stock.rates.items():
            self._rate(given, rule)
        for i, event in enumerate(self.model.getListOfEvents(), 1):
            self._event(event, i)
        self._start()
        if not self.states:
            self._nothing_moves()
        return self._written()

    def _written(self) -> Table:
        stem = Path(self.origin).stem
        title = self.model.getName() or self.model.getId() or stem
        facts = facts_of(self.model, "dose_into", "places")
        places = [pair.partition("=") for pair in facts.get("places", "").split()]
        structure = {
            "time_unit": self.time_unit,
            "dose_into": facts.get("dose_into", ""),
            "places": [{"name": name, "volume": volume} for name, _, volume in places],
            "states": self.states,
            "flows": self.flows,
            "definitions": self.definitions,
            "clocks": self.clocks,
            "switches": self.switches,
            "events": self.events,
            "outputs": self.outputs,
            "quantities": self.quantities,
        }
        values = {
            "name": "file",
            "source": {"key": self.origin, "citation": f"numbers of the file {self.origin}"},
        }
        values |= {"values": self.values} | ({"unknown": self.unknown} if self.unknown else {})
        notes = [*self.notes, *(f"A name of the file had to change: {note}." for note in self.names.notes)]
        return {
            "name": stem,
            "title": " ".join(title.split()),
            "deviations": notes,
            "structure": {key: value for key, value in structure.items() if value},
            "values": [values],
        }

    def _nothing_moves(self) -> None:
        """A model of rules alone gets a state that stays 0, as the engine solves states."""
        name = self.names.fresh("unused_state")
        self.states.append({"name": name, "unit": NO_UNIT, "meaning": "nothing: the file has no state"})

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
        """Whether the number of a species is its amount although its id means the concentration (or the other way)."""
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

    # ------------------------------------------------------------------------------------------------ changes

    def _rate(self, given: str, rule) -> None:
        """A rate rule: the whole derivative of a variable."""
        if given not in self.known:
            raise InputError(f"`{self.origin}`: a rule names `{given}`, which is not in the model")
        self._flow(f"change_of_{self.known[given]}", self._text(rule.getMath()), "production", into=given)

    def _event(self, event, number: int) -> None:
        trigger = event.getTrigger()
        if trigger is None or trigger.getMath() is None:
            raise InputError(
                f"`{self.origin}`: the event `{event.getId() or number}` has no trigger; give one"
            )
        names = self._context(in_event=True)
        table = {
            "name": self.names.fresh(event.getId() or f"event_{number}"),
            "trigger": plain(mathml.condition_of(trigger.getMath(), names, self.origin)),
            "assign": {},
            "meaning": meaning_of(event, event.getId() or f"event {number}"),
        }
        for one in event.getListOfEventAssignments():
            if one.getMath() is not None:
                table["assign"] |= self._assignment(
                    one.getVariable(), self._text(one.getMath(), in_event=True)
                )
        for key, part in (("delay", event.getDelay()), ("priority", event.getPriority())):
            if part is not None and part.getMath() is not None:
                table[key] = self._text(part.getMath(), in_event=True)
        table["persistent"] = trigger.getPersistent() if trigger.isSetPersistent() else True
        table["initially"] = trigger.getInitialValue() if trigger.isSetInitialValue() else True
        table["at_trigger"] = event.getUseValuesFromTriggerTime()
        self.events.append(table)

    def _assignment(self, given: str, text: str) -> dict[str, str]:
        """State -> new value; a new volume leaves amounts as they are."""
        thing = self.stock.species.get(given)
        if thing is not None and self._kept_as_amount(thing):
            return {self._held(given): f"({text}) * {self.known[thing.getCompartment()]}"}
        held = [
            x
            for x in self.stock.rates
            if x in self.stock.species and self.stock.species[x].getCompartment() == given
        ]
        if held and given in self.stock.compartments:
            raise InputError(
                f"`{self.origin}`: an event changes the size of `{given}`, in which the concentration of "
                f"`{held[0]}` follows a rate rule; this is not supported"
            )
        return {self.known[given]: text}

    # -------------------------------------------------------------------------------------------- expressions

    def _context(
        self, local: Mapping[str, str] | None = None, at_start: bool = False, in_event: bool = False
    ) -> mathml.Names:
        switches = None if at_start or in_event else self._switch
        time = (lambda: "time") if at_start or in_event else self._clock
        return mathml.Names({**self.known, **(local or {})}, self.functions, time, self.fixed, switches)

    def _text(
        self, node, local: Mapping[str, str] | None = None, at_start: bool = False, in_event: bool = False
    ) -> str:
        return plain(mathml.text_of(node, self._context(local, at_start, in_event), self.origin))

    def _clock(self) -> str:
        """The name of the time in flows and definitions."""
        if not self.clocks:
            name = self.names.fresh("time_now")
            self.clocks.append({"name": name, "expression": "time", "meaning": "time", "calendar": True})
        return self.clocks[0]["name"]

    def _switch(self, at: str) -> str:
        """The name of the switch that turns on at a time."""
        at = plain(at)
        for switch in self.switches:
            if switch["at"] == at:
                return switch["name"]
        name = self.names.fresh(f"from_{len(self.switches) + 1}")
        self.switches.append({"name": name, "at": at, "meaning": f"1 from {at} on", "calendar": True})
        return name

    def _start(self) -> None:
        """Initial values and times of switches with quantities alone: what else they name is put in."""
        numbers = {q["name"] for q in self.quantities}
        texts = {d["name"]: d["expression"] for d in self.definitions} | self.at_start
        texts |= {c["name"]: "0" for c in self.clocks} | {"time": "0"}
        texts |= {s["name"]: f"choose({s['at']}, 0, 1)" for s in self.switches}
        for state in self.states:
            if state["name"] in self.at_start:
                state["initial"] = put_in(self.at_start[state["name"]], texts, numbers, self.origin)
        for switch in self.switches:
            switch["at"] = put_in(switch["at"], texts, numbers, self.origin)
        starts = [d for d in self.definitions if "time" in names_of(d["expression"])]
        for definition in starts:  # initial assignments of what stays as it is
            definition["expression"] = put_in(definition["expression"], texts, numbers, self.origin)
        moving = {s["name"] for s in self.states} | {d["name"] for d in self.definitions}
        for given in self.stock.start:
            for definition in self.definitions:
                if definition["name"] == self.known[given] and names_of(definition["expression"]) & moving:
                    definition["expression"] = put_in(definition["expression"], texts, numbers, self.origin)
