"""What an SBML model holds, sorted by what changes and by what."""

from dataclasses import dataclass
from typing import Any

from livingdrug.core.errors import InputError


@dataclass(frozen=True)
class Inventory:
    """Things of the model by id.

    rates, assigned: rules by variable; start: initial assignments by symbol; set_by_events, in_reactions: ids
    that events assign and species that reactions change; species, compartments, parameters, references: the
    elements.
    """

    model: Any
    species: dict[str, Any]
    compartments: dict[str, Any]
    parameters: dict[str, Any]
    references: dict[str, Any]
    rates: dict[str, Any]
    assigned: dict[str, Any]
    start: dict[str, Any]
    set_by_events: frozenset[str]
    in_reactions: frozenset[str]

    @property
    def moving(self) -> frozenset[str]:
        """Ids that become states: what rates, reactions or events change."""
        everything = {*self.species, *self.compartments, *self.parameters, *self.references}
        return frozenset(
            (everything & {*self.rates, *self.set_by_events, *self.in_reactions}) - {*self.assigned}
        )

    def fixed(self, everything: frozenset[str]) -> frozenset[str]:
        """Ids that never change: numbers, and rules that hold nothing but such."""
        found = everything - self.moving - {*self.assigned}
        while True:
            more = {
                v
                for v, rule in self.assigned.items()
                if v not in found and names_in(rule.getMath(), self.model) <= found
            }
            if not more:
                return frozenset(found)
            found |= more


TIME = "time (csymbol)"


def names_in(node, model) -> set[str]:
    """Ids that a node uses, those in functions that it calls too; the time under a name that no id has."""
    import libsbml as s

    if node is None:
        return set()
    found: set[str] = set()
    if node.getType() == s.AST_NAME:
        found.add(node.getName())
    elif node.getType() in (s.AST_NAME_TIME, s.AST_FUNCTION_DELAY, s.AST_FUNCTION_RATE_OF):
        found.add(TIME)
    elif node.getType() == s.AST_FUNCTION:
        function = model.getFunctionDefinition(node.getName())
        own = (
            {function.getArgument(i).getName() for i in range(function.getNumArguments())}
            if function
            else set()
        )
        found |= (names_in(function.getBody(), model) if function else set()) - own
    for i in range(node.getNumChildren()):
        found |= names_in(node.getChild(i), model)
    return found


def take_stock(model, origin: str) -> Inventory:
    """Everything in the model. Raises InputError for what is not supported, by its name."""
    import libsbml as s

    rates, assigned = {}, {}
    for rule in model.getListOfRules():
        if rule.getTypeCode() == s.SBML_ALGEBRAIC_RULE:
            raise InputError(
                f"`{origin}`: an algebraic rule is not supported; write the variable that it determines as "
                "an assignment rule"
            )
        if rule.getMath() is None:
            raise InputError(f"`{origin}`: the rule of `{rule.getVariable()}` holds no mathematics")
        (rates if rule.getTypeCode() == s.SBML_RATE_RULE else assigned)[rule.getVariable()] = rule
    species = {x.getId(): x for x in model.getListOfSpecies()}
    changed, references = set(), {}
    for reaction in model.getListOfReactions():
        if reaction.isSetFast() and reaction.getFast():
            raise InputError(
                f"`{origin}`: the reaction `{reaction.getId()}` is fast, which is not supported; write what "
                "its equilibrium gives as an assignment rule"
            )
        if not reaction.isSetKineticLaw() or reaction.getKineticLaw().getMath() is None:
            raise InputError(f"`{origin}`: the reaction `{reaction.getId()}` has no kinetic law; give one")
        for one in (*reaction.getListOfReactants(), *reaction.getListOfProducts()):
            of = species.get(one.getSpecies())
            if of is None:
                raise InputError(
                    f"`{origin}`: the reaction `{reaction.getId()}` names the unknown species "
                    f"`{one.getSpecies()}`"
                )
            if not (of.getBoundaryCondition() or of.getConstant()):
                changed.add(one.getSpecies())
            if one.isSetId():
                references[one.getId()] = one
    both = changed & {*rates, *assigned}
    if both:
        raise InputError(
            f"`{origin}`: `{sorted(both)[0]}` is changed by a rule and by a reaction; keep one of them"
        )
    events = frozenset(
        a.getVariable() for e in model.getListOfEvents() for a in e.getListOfEventAssignments()
    )
    if events & {*assigned}:
        raise InputError(
            f"`{origin}`: `{sorted(events & {*assigned})[0]}` has an assignment rule and is set by an event"
        )
    if model.getNumConstraints() and any(c.getMath() is not None for c in model.getListOfConstraints()):
        raise InputError(f"`{origin}`: a constraint is not supported; take it out")
    return Inventory(
        model=model,
        species=species,
        compartments={x.getId(): x for x in model.getListOfCompartments()},
        parameters={x.getId(): x for x in model.getListOfParameters()},
        references=references,
        rates=rates,
        assigned=assigned,
        start={x.getSymbol(): x for x in model.getListOfInitialAssignments() if x.getMath() is not None},
        set_by_events=events,
        in_reactions=frozenset(changed),
    )
