"""Static checks that every model must pass, and which fragment fits which model. Anchors:
`simulation.conformance`."""

from dataclasses import dataclass
from functools import lru_cache

from livingdrug.core.errors import LivingdrugError
from livingdrug.core.expressions import names
from livingdrug.models.catalogue import get_fragment, list_fragments
from livingdrug.models.compose import MissingPartner
from livingdrug.models.model import Model
from livingdrug.models.parameters import check_value
from livingdrug.models.structure import ClosedForm
from livingdrug.models.unit_check import check_closed_units


def problems(model: Model) -> list[str]:
    """One sentence for everything that is wrong with a model; empty when it is sound."""
    try:
        quantities = {q.name: q for q in model.quantities}
        if isinstance(model.system, ClosedForm):
            check_closed_units(model.name, model.system)
    except LivingdrugError as error:
        return [str(error)]
    found = []
    for values in model.values:
        missing = quantities.keys() - values.values.keys() - values.unknown.keys()
        found += [f"values `{values.name}`: no number for `{name}`" for name in missing]
        found += [
            f"values `{values.name}`: `{name}` is no quantity"
            for name in values.unknown.keys() - quantities.keys()
        ]
        found += [
            f"values `{values.name}`: `{name}` is no quantity"
            for name in values.values.keys() - quantities.keys()
        ]
        for name in quantities.keys() & values.values.keys():
            try:
                check_value(quantities[name], values.values[name])
            except LivingdrugError as error:
                found.append(f"values `{values.name}`: {error}")
            source = values.source_of(name)
            if not (source.citation or source.note):
                found.append(f"values `{values.name}`: `{name}` has no source")
    found += [f"no meaning for `{q.name}`" for q in model.quantities if not q.meaning]
    for population in model.populations:
        strangers = population.spreads.keys() - quantities.keys()
        found += [f"variability `{population.name}`: `{n}` is no quantity" for n in strangers]
        strange = population.members.keys() - {v.name for v in model.values}
        found += [f"population `{population.name}`: `{n}` is no vector" for n in strange]
    for name, text in model.individual.items():
        found += [f"individual `{name}`: `{n}` is no quantity" for n in names(text) - quantities.keys()]
    outputs = {o.name for o in model.system.outputs}
    strangers = [a for a in model.anchors if a.output and a.output not in outputs]
    found += [f"anchor `{a.name}`: unknown output `{a.output}`" for a in strangers]
    if not (model.anchors or model.fitted):
        found.append("no anchor: name at least one published number that the model must reproduce")
    return sorted(found)


@dataclass(frozen=True)
class Joining:
    """Whether a fragment can join a model: alone, only beside another one (`partner`), or not, with the
    reason."""

    fits: bool
    partner: str = ""
    why: str = ""


@lru_cache(maxsize=512)  # some 20 answers for each of the models that are looked at
def joining(model: Model, fragment_name: str) -> Joining:
    """Whether the fragment of this name can join the model."""
    fragment = get_fragment(fragment_name)
    try:
        _ = (model + fragment).system
        return Joining(True)
    except MissingPartner as error:
        for name in list_fragments():
            partner = get_fragment(name)
            brings = any(error.role in s.roles for s in partner.structure.states)
            if brings and _assembles(model + fragment + partner):
                return Joining(True, partner=name)
        return Joining(False, why=str(error))
    except LivingdrugError as error:
        return Joining(False, why=str(error))


def _assembles(model: Model) -> bool:
    try:
        _ = model.system
    except LivingdrugError:
        return False
    return True
