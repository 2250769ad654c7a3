"""An SBML model in the words of a model file: states, flows, definitions, events, quantities and their
numbers."""

from collections.abc import Mapping
from pathlib import Path

from livingdrug.core.conventions import NOT_KNOWN
from livingdrug.core.errors import InputError, printable
from livingdrug.core.expressions import names as names_of
from livingdrug.standards.sbml import mathml
from livingdrug.standards.sbml.document import read_document
from livingdrug.standards.sbml.elements import meaning_of, plain, put_in
from livingdrug.standards.sbml.inventory import Inventory, take_stock
from livingdrug.standards.sbml.names import Names
from livingdrug.standards.sbml.own import facts_of
from livingdrug.standards.sbml.slips import slips
from livingdrug.standards.sbml.things import NO_UNIT, Table, ThingWriter


def read_sbml(path: str | Path) -> Table:
    """The model in an SBML file as the tables of a model file.

    Parameters
    ----------
    path : str or Path
        SBML level 2 or 3, in XML.

    Returns
    -------
    dict
        With the keys of `docs/model_file.md`; what is worth a word (names that changed, units, terms that
        look like slips of the encoding) is in `deviations`, and slips are cautions too.

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


class _Writer(ThingWriter):
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

    # ------------------------------------------------------------------------------------------------ changes

    def _rate(self, given: str, rule) -> None:
        """A rate rule: the whole derivative of a variable."""
        if given not in self.known:
            raise InputError(f"`{self.origin}`: a rule names `{given}`, which is not in the model")
        self._flow(f"change_of_{self.known[given]}", self._text(rule.getMath()), "production", into=given, event=NOT_KNOWN)

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
