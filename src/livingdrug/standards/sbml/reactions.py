"""Reactions of an SBML model as flows between states."""

from typing import Any

from livingdrug.core.conventions import NOT_KNOWN
from livingdrug.core.errors import InputError
from livingdrug.core.expressions import names as names_of
from livingdrug.standards.sbml.elements import meaning_of, number_of, plain
from livingdrug.standards.sbml.inventory import Inventory
from livingdrug.standards.sbml.names import Names
from livingdrug.standards.sbml.own import facts_of


class FlowWriter:
    """Writes the flows; what it needs of the tables in the making stands below."""

    model: Any
    origin: str
    stock: Inventory
    names: Names
    flows: list[dict[str, Any]]
    definitions: list[dict[str, Any]]
    quantities: list[dict[str, Any]]
    known: dict[str, str]
    held: dict[str, str]

    def _text(self, node, local=None, at_start: bool = False, in_event: bool = False) -> str:
        raise NotImplementedError

    def _quantity(self, name: str, unit: str, meaning: str, value: float) -> None:
        raise NotImplementedError

    def _unit_of(self, thing) -> str:
        raise NotImplementedError

    def _kept_as_amount(self, thing) -> bool:
        raise NotImplementedError

    def _reaction(self, reaction) -> None:
        """The rate as a definition, and flows between the species that it changes."""
        name, law = self.known[reaction.getId()], reaction.getKineticLaw()
        local = {}
        for parameter in (*law.getListOfLocalParameters(), *law.getListOfParameters()):
            if parameter.getId() not in local:
                own = local[parameter.getId()] = self.names.fresh(f"{name}_{parameter.getId()}".strip("_"))
                self._quantity(
                    own,
                    self._unit_of(parameter),
                    meaning_of(parameter, parameter.getId()),
                    number_of(parameter),
                )
        meaning = meaning_of(reaction, reaction.getId())
        self.definitions.append(
            {"name": name, "expression": self._text(law.getMath(), local), "meaning": f"rate of {meaning}"}
        )
        changes, facts = self._changes(reaction), facts_of(reaction, "kind", "part")
        own = facts.get("kind", "")
        out = [(s, c) for s, c in changes if c.startswith("-")]
        into = [(s, c) for s, c in changes if not c.startswith("-")]
        if len(out) == len(into) == 1 and out[0][1] == "-1":
            ((source, _), (target, count)) = *out, *into
            rate, gain = self._per_volume(name, source), self._gain(source, target, count)
            if rate and gain:
                self._flow(name, rate, own or "exchange", out_of=source, into=target, gain=gain)
                return
        alone = len(changes) == 1 and changes[0][1] in ("1", "-1")
        event = NOT_KNOWN if facts.get("part") else ("" if alone else name)
        for species, count in changes:
            leaves = count.startswith("-")
            amount = name if count.lstrip("-") == "1" else f"({count.removeprefix('-')}) * {name}"
            end = {"out_of" if leaves else "into": species}
            label = name if len(changes) == 1 else f"{name}_of_{self.known[species]}"
            self._flow(
                label,
                self._per_volume(amount, species),
                own or ("clearance" if leaves else "production"),
                event=event,
                **end,
            )

    def _changes(self, reaction) -> list[tuple[str, str]]:
        """(species, how much of it one turn makes, as text) of every species that the reaction changes."""
        numbers: dict[str, float] = {}
        texts: dict[str, list[str]] = {}
        for sign, group in ((-1.0, reaction.getListOfReactants()), (1.0, reaction.getListOfProducts())):
            for one in group:
                species = one.getSpecies()
                if species not in self.stock.in_reactions:
                    continue
                number = self._stoichiometry(one)
                numbers.setdefault(species, 0.0), texts.setdefault(species, [])
                if isinstance(number, float):
                    numbers[species] += sign * number
                else:
                    texts[species].append(f"{'-' if sign < 0 else '+'} ({number})")
        found = []
        for species, number in numbers.items():
            if texts[species]:
                found.append((species, f"({number!r} {' '.join(texts[species])})"))
            elif number:
                found.append((species, repr(int(number)) if number.is_integer() else repr(number)))
        return found

    def _stoichiometry(self, one) -> float | str:
        if one.isSetId() and (
            one.getId() in self.stock.moving
            or one.getId() in self.stock.assigned
            or one.getId() in self.stock.start
        ):
            return self.known[one.getId()]
        if one.isSetStoichiometryMath():
            return self._text(one.getStoichiometryMath().getMath())
        return (
            one.getStoichiometry()
            if one.isSetStoichiometry() or self.model.getLevel() == 2
            else self._no_stoichiometry(one)
        )

    def _no_stoichiometry(self, one) -> float:
        raise InputError(
            f"`{self.origin}`: `{one.getSpecies()}` has no stoichiometry in a reaction; give one"
        )

    def _factor(self, species: str) -> str:
        """The conversion factor of a species, empty where there is none."""
        element = self.stock.species[species]
        given = element.getConversionFactor() or self.model.getConversionFactor()
        return self.known[given] if given else ""

    def _volume(self, species: str) -> str:
        """What an amount is divided by to give what the state holds, empty where that is the amount."""
        element = self.stock.species[species]
        if element.getHasOnlySubstanceUnits() or self._kept_as_amount(element):
            return ""
        compartment = self.stock.compartments[element.getCompartment()]
        return "" if compartment.getSpatialDimensionsAsDouble() == 0 else self.known[element.getCompartment()]

    def _per_volume(self, rate: str, species: str) -> str:
        factor, volume = self._factor(species), self._volume(species)
        return rate + (f" * {factor}" if factor else "") + (f" / {volume}" if volume else "")

    def _gain(self, source: str, target: str, count: str) -> str:
        """How much enters for one that leaves, in what the states hold; empty where that is no number of
        quantities."""
        factors, volumes = (
            [self._factor(s) for s in (source, target)],
            [self._volume(s) for s in (source, target)],
        )
        above = [count] if count != "1" else []
        below = []
        if volumes[0] != volumes[1]:
            above += [v for v in volumes[:1] if v]
            below += [v for v in volumes[1:] if v]
        if factors[0] != factors[1]:
            above += [f for f in factors[1:] if f]
            below += [f for f in factors[:1] if f]
        text = " * ".join(above) or "1"
        text += "".join(f" / {b}" for b in below)
        return text if names_of(text) <= {q["name"] for q in self.quantities} else ""

    def _flow(
        self,
        name: str,
        rate: str,
        kind: str,
        out_of: str = "",
        into: str = "",
        gain: str = "1",
        event: str = "",
    ) -> None:
        taken = {flow["name"] for flow in self.flows}
        while name in taken:
            name += "_2"
        ends = {key: self._held(species) for key, species in (("out_of", out_of), ("into", into)) if species}
        self.flows.append(
            {"name": name, "rate": plain(rate), "kind": kind, **ends}
            | ({"gain": plain(gain)} if gain != "1" else {})
            | ({"event": event} if event else {})
        )

    def _held(self, given: str) -> str:
        """The state that holds something."""
        thing = self.stock.species.get(given)
        if thing is not None and self._kept_as_amount(thing):
            return self.held[given]
        return self.known[given]
