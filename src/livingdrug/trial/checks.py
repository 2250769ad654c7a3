"""What is wrong with a planned trial, every fault at once, each by its arm or key."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.names import unknown
from livingdrug.models import ClosedForm, Model, check_value, find_quantity
from livingdrug.simulation import Draw, Regimen, caution_words, check_horizon, check_outputs, check_regimen
from livingdrug.trial.course import arm_regimen
from livingdrug.trial.design import LOGARITHMIC, Arm, Endpoint, Trial
from livingdrug.trial.outcomes import ArmData, last_day
from livingdrug.trial.result import ArmConduct, EndpointAnswer

MOST_LEAVE = 0.99
# fields of an endpoint that some kinds use
USED = {
    "auc": ("window", "test"), "cmax": ("window", "test"), "persistence": ("above",), "positive": ("above", "day"),
    "response": ("window", "exposure", "ec50", "slope", "day"),
    "toxicity": ("window", "exposure", "ec50", "slope", "day", "at_least"),
}  # fmt: skip
SOMETIMES = tuple(dict.fromkeys(field for fields in USED.values() for field in fields))
SUPERPOSITION = (
    'to add up the curves of single infusions instead, say repeat = "superposition": it assumes that every infusion grows '
    "as the first one did, whatever is there already"
)


EXPANSION = (
    "`cmax` is the largest level after the distribution minimum (XCMAX), and 0 where the level never rises; "
    'peak = "highest" takes the infusate'
)

def check_trial(trial: Trial) -> None:
    """Refuse a trial that cannot be simulated.

    Parameters
    ----------
    trial : Trial
        As it was built.

    Raises
    ------
    InputError
        With every fault of the trial.
    """
    faults = [*_rules(trial), *_names(trial), *_sampling(trial)]
    if not faults:
        for arm in trial.arms:
            faults += [f"arm `{arm.name}`: {fault}" for fault in _arm(trial, arm)]
        for endpoint in trial.endpoints:
            faults += [f"endpoint `{endpoint.name}`: {fault}" for fault in _endpoint(trial, endpoint)]
    if not faults:
        faults += _leaving(trial)
    if faults:
        raise InputError("; ".join(faults))


def _rules(trial: Trial) -> Iterator[str]:
    for name, value, example in (("power", trial.power, 0.8), ("alpha", trial.alpha, 0.05)):
        if not 0 < value < 1:
            yield f"{name} is {value:g}; it must be between 0 and 1, such as {example:g}"
    if trial.sides not in (1, 2):
        yield f"sides is {trial.sides}; a test has 1 or 2"
    if not (math.isfinite(trial.dropout) and trial.dropout >= 0):
        unit = trial.model.time_unit
        yield f"dropout is {trial.dropout:g} per {unit}; it must be finite and not negative"
    futility = trial.futility
    if futility is not None:
        if not 0 < futility.at < 1:
            yield (
                f"futility.at is {futility.at:g}; it is the part of an arm seen at the look, between 0 and "
                "1, such as 0.5"
            )
        if futility.rule == "conditional_power" and not 0 < futility.below < 1:
            yield f"futility.below is {futility.below:g}; a conditional power is between 0 and 1, such as 0.1"
        if not math.isfinite(futility.below):
            yield f"futility.below is {futility.below:g}; it must be finite"
        kind = trial.endpoints[0].kind if trial.endpoints else ""
        if futility.rule == "effect" and kind == "persistence":
            yield 'futility.rule "effect" has no threshold for persistence; use "conditional_power"'
        if futility.rule == "effect" and kind in LOGARITHMIC and not futility.below > 0:
            yield f"futility.below is {futility.below:g}; a ratio of geometric means is above 0, such as 1.2"


def _names(trial: Trial) -> Iterator[str]:
    names = [arm.name for arm in trial.arms]
    if len(names) < 2:
        yield (
            f"{len(names)} arm was given; a trial compares at least one version with a control, so add a "
            "second arm"
        )
    if trial.control not in names:
        yield "control: " + unknown("arm", trial.control, names)
    if not trial.endpoints:
        yield 'no endpoint was given; add at least one, such as kind = "auc"'
    for kind, given in (("arm", names), ("endpoint", [e.name for e in trial.endpoints])):
        for name in dict.fromkeys(given):
            if given.count(name) > 1:
                yield f"the {kind} `{name}` is given {given.count(name)} times; names must differ"


def _sampling(trial: Trial) -> Iterator[str]:
    visits, unit = trial.visits, trial.model.time_unit
    finite = all(math.isfinite(day) and day >= 0 for day in visits)
    if not finite or any(b <= a for a, b in zip(visits, visits[1:], strict=False)):
        yield "visits must be finite days from 0 on, each later than the one before"
    elif visits and visits[-1] <= 0:
        yield f"the last of the visits is on {visits[-1]:g} {unit}; it must be after the infusion"
    if trial.limit is not None and not (math.isfinite(trial.limit) and trial.limit > 0):
        yield f"limit is {trial.limit:g} {trial.unit}; a limit of quantification is finite and above 0"
    if trial.residual is not None and not (math.isfinite(trial.residual) and trial.residual >= 0):
        yield (
            f"residual is {trial.residual:g}; the SD of the assay's error (log scale) is finite and not "
            "negative"
        )
    if (trial.limit is not None or trial.residual is not None) and not visits:
        yield "an assay (limit or residual) was given without `visits`; add the days of sampling"
    try:
        check_outputs(trial.model, [trial.measured])
        Draw(1, 0, trial.spread, trial.cv).population(trial.model)
        _ = trial.error
        if visits:
            check_horizon(trial.model, visits[-1])
    except LivingdrugError as error:
        yield str(error)


def _leaving(trial: Trial) -> Iterator[str]:
    """A rate of dropout that leaves nobody to look at."""
    unit = trial.model.time_unit
    for endpoint in trial.endpoints:
        day = last_day(trial, endpoint)
        left = -math.expm1(-trial.dropout * day)
        if left > MOST_LEAVE:
            yield (
                f"dropout is {trial.dropout:g} per {unit}: {left:.1%} would leave before {day:g} {unit}, "
                f"when endpoint `{endpoint.name}` is known; it is a rate per {unit}, such as 0.002"
            )


def _arm(trial: Trial, arm: Arm) -> Iterator[str]:
    if arm.n < 2:
        yield f"n is {arm.n}; at least 2 subjects are needed"
    if not 0 < arm.responders <= 1:
        yield f"responders is {arm.responders:g}; it is a proportion of the subjects, above 0 and at most 1"
    elif arm.responders < 1 and not arm.change:
        yield f"responders is {arm.responders:g}, but there is no `change` for them to respond to"
    if not (math.isfinite(arm.variance_scale) and arm.variance_scale >= 0):
        yield f"variance_scale is {arm.variance_scale:g}; it must be finite and not negative"
    if not (math.isfinite(arm.cost) and arm.cost >= 0):
        yield f"cost is {arm.cost:g}; the cost of a patient is finite and not negative"
    for name, fold in arm.change.items():
        yield from change_faults(trial.model, name, fold)
    yield from dose_faults(trial, arm)


def change_faults(model: Model, name: str, fold: float) -> Iterator[str]:
    """What is wrong with a fold on a quantity of the model."""
    if not (math.isfinite(fold) and fold > 0):
        yield f"change.{name} is {fold:g}; a fold must be finite and above 0 (1 changes nothing)"
        return
    try:
        quantity = find_quantity(model, name)
        typical = model.typical[quantity.name]
        check_value(quantity, typical * fold)
        if typical == 0:
            yield (
                f"change.{name}: `{quantity.name}` is 0 in the control, so a fold changes nothing; set it "
                "with `values`"
            )
    except InputError as error:
        yield f"change.{name}: {error}"


def dose_faults(trial: Trial, arm: Arm) -> Iterator[str]:
    """What is wrong with the doses of an arm."""
    model, own = trial.model, isinstance(arm.dose, Regimen)
    if not isinstance(arm.dose, Regimen) and not (math.isfinite(arm.dose) and arm.dose > 0):
        yield f"dose is {arm.dose:g}; a factor on the dose must be finite and above 0"
        return
    if not own and arm.dose != 1 and not model.system.dose_into and trial.repeat != "superposition":
        known = " (such as change = { dose_per_kg = 2 })" if "dose_per_kg" in model.typical else ""
        yield (
            f"dose is {arm.dose:g}, but the dose is not in the equations of `{model.full_name}`; say with "
            f"`change` what it would change{known}"
        )
        return
    regimen = arm_regimen(trial, arm)
    if trial.repeat == "superposition":
        yield from _summed(trial, regimen)
        return
    try:
        check_regimen(model, regimen)
    except InputError as error:
        more = (
            f"; {SUPERPOSITION}"
            if "takes one infusion" in str(error) or "takes its infusion" in str(error)
            else ""
        )
        yield f"dose: {error}{more}"


def _summed(trial: Trial, regimen: Regimen) -> Iterator[str]:
    """What a sum of curves cannot hold."""
    system = trial.model.system
    if not isinstance(system, ClosedForm) and not system.one_dose_because:
        yield f"`{trial.model.full_name}` says itself what several infusions do; leave `repeat` out"
    if not regimen.doses:
        yield (
            "repeat adds up infusions, but none is given; add `doses` (amounts are multiples of the "
            "model's own infusion)"
        )
    if regimen.resets or regimen.personal or any(dose.into or dose.lag for dose in regimen.doses):
        yield 'repeat = "superposition" takes plain doses only: AMOUNT@TIME, with every and repeats'


def _endpoint(trial: Trial, endpoint: Endpoint) -> Iterator[str]:
    unit = trial.model.time_unit
    plain = Endpoint(endpoint.name, endpoint.kind)
    for field in SOMETIMES:
        if getattr(endpoint, field) != getattr(plain, field) and field not in USED[endpoint.kind]:
            yield f"`{field}` means nothing to the kind `{endpoint.kind}`; leave it out or take another kind"
    start, end = trial.window_of(endpoint)
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end):
        yield f"window is {start:g} to {end:g} {unit}; it must start at 0 or later and end after its start"
        return
    if endpoint.kind in ("persistence", "positive"):
        yield from _persistence(trial, endpoint)
        return
    if endpoint.kind in LOGARITHMIC:
        if trial.visits and end > trial.visits[-1]:
            last = trial.visits[-1]
            yield (
                f"its window ends at {end:g} {unit}, after the last visit at {last:g} {unit}; end it earlier "
                "or add a visit"
            )
        if endpoint.test == "welch" and trial.multiplicity == "dunnett":
            yield (
                "Dunnett's test pools the variance over all arms, Welch's not; take multiplicity `holm` "
                "or test `pooled`"
            )
        if endpoint.kind == "cmax" and trial.repeat == "superposition" and not trial.visits:
            yield 'the peak of a sum of curves is not computed; add `visits`, or take kind "auc"'
    else:
        yield from _curve(trial, endpoint)
    try:
        check_horizon(trial.model, end)
    except InputError as error:
        yield str(error)


def _curve(trial: Trial, endpoint: Endpoint) -> Iterator[str]:
    yield from curve_faults(endpoint)
    if endpoint.day is not None and not (math.isfinite(endpoint.day) and endpoint.day >= 0):
        yield (
            f"day is {endpoint.day:g}; it is when the outcome is known, the end of the window where it is "
            "left out"
        )
    if endpoint.exposure == "cmax" and trial.repeat == "superposition":
        yield "the peak of a sum of curves is not computed; take exposure `auc`"


def curve_faults(endpoint: Endpoint) -> Iterator[str]:
    """What is wrong with an exposure-response curve."""
    points = endpoint.ec50
    if not points:
        yield (
            f"ec50 is missing; `{endpoint.kind}` goes through an exposure-response curve with ec50 and slope"
        )
        return
    if any(not (math.isfinite(v) and v > 0) for v in points) or not (
        math.isfinite(endpoint.slope) and endpoint.slope != 0
    ):
        yield "ec50 must be above 0 and slope finite and not 0"
    if endpoint.kind == "response" and len(points) > 1:
        yield f"{len(points)} values of ec50 were given; a response has one (grades are kind `toxicity`)"
    ordered = sorted(points, reverse=endpoint.slope < 0)
    if list(points) != ordered or len(set(points)) < len(points):
        yield (
            "ec50 must rise from grade to grade (fall, where the slope is negative), as a higher grade is "
            "rarer"
        )
    if not 1 <= endpoint.at_least <= len(points):
        yield f"at_least is {endpoint.at_least}; {len(points)} grade(s) have an ec50"


def _persistence(trial: Trial, endpoint: Endpoint) -> Iterator[str]:
    if not trial.visits:
        yield f"`{endpoint.kind}` is seen at visits; add the days of sampling as `visits`"
        return
    if endpoint.above is None or not (math.isfinite(endpoint.above) and endpoint.above > 0):
        yield f"above is {endpoint.above}; name the level ({trial.unit}) that counts as still there"
    elif trial.limit is not None and endpoint.above < trial.limit:
        yield (
            f"above is {endpoint.above:g}, which the assay with its limit of {trial.limit:g} cannot tell; "
            "raise it"
        )
    if endpoint.kind == "positive" and endpoint.day not in trial.visits:
        given = "is missing" if endpoint.day is None else f"is {endpoint.day:g}"
        yield f"day {given}; it must be one of the visits"


def percent(share: float) -> str:
    """A share in percent, to two digits."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def drawn_cautions(model: Model, drawn: Iterable[tuple[Sequence[int], int]]) -> list[str]:
    """Cautions of a model and doubts of its fit; drawn: of how many of how many subjects each is true, group by group."""
    messages, groups = [caution.message for caution in model.system.cautions], list(drawn)
    counts = np.sum([counts for counts, _ in groups], axis=0, dtype=int) if messages and groups else np.zeros(0, dtype=int)
    return [*model.doubts, *caution_words(model.full_name, messages, counts.tolist(), sum(n for _, n in groups))]


def notices(
    trial: Trial, endpoints: tuple[EndpointAnswer, ...], conduct: tuple[ArmConduct, ...], data: Iterable[ArmData]
) -> tuple[str, ...]:
    """What a reader must know before trusting the numbers; cautions of the model count the subjects that were drawn."""
    found = drawn_cautions(trial.model, [(arm.cautioned, arm.subjects) for arm in data])
    if trial.repeat != "superposition":
        given = [check_regimen(trial.model, arm_regimen(trial, arm)) for arm in trial.arms]
        found += dict.fromkeys(notice for notice in given if notice)
    else:
        found.append(
            "superposition: every infusion is assumed to grow as the first one did, whatever is there already"
        )
    day, unit = last_day(trial, trial.endpoints[0]), trial.model.time_unit
    causes = (
        ("left", f"left before {day:g} {unit} and are not evaluable"),
        ("failed", "could not be computed by the model and are not evaluable"),
        ("unphysical", "are unphysical (no patient can be like them) and are not evaluable"),
        ("below", "had no quantifiable level, so that their exposure has no logarithm"),
        ("infusate", f"have the infused cells as their peak: {EXPANSION}"),
    )
    for field, what in causes:
        shares = {arm.arm: getattr(arm, field) for arm in conduct if getattr(arm, field)}
        if shares:
            parts = [f"`{arm}` {percent(share)}" for arm, share in shares.items()]
            found.append(f"subjects that {what}: {', '.join(parts)}")
    for answer in endpoints:
        for arm in answer.arms:
            if arm.untestable:
                found.append(
                    f"`{answer.endpoint.name}`, `{arm.arm}`: {arm.untestable:,} of {arm.power.total:,} "
                    "trials had fewer than 2 evaluable subjects in an arm; they count as not significant"
                )
    if any(e.ec50 for e in trial.endpoints):
        found.append(
            "response and toxicity follow the given curve as if exposure were their cause; tumour burden, "
            "early death and treatment after CRS confound such curves"
        )
    return tuple(found)
