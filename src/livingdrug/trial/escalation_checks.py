"""What is wrong with a planned dose escalation, every fault at once, each by its level or key."""

import math
from collections.abc import Iterator

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.simulation import Draw, check_horizon, check_outputs
from livingdrug.trial.checks import change_faults, curve_faults, dose_faults
from livingdrug.trial.design import Arm, Trial
from livingdrug.trial.escalation import Escalation, Level


def check_escalation(escalation: Escalation) -> None:
    """Raise InputError with every fault of a dose escalation."""
    faults = [*_rules(escalation), *_sources(escalation)]
    for level in escalation.levels:
        faults += [f"level `{level.name}`: {fault}" for fault in _level(escalation, level)]
    if faults:
        raise InputError("; ".join(faults))


def _rules(escalation: Escalation) -> Iterator[str]:
    names = [level.name for level in escalation.levels]
    if len(names) < 2:
        yield f"{len(names)} level was given; an escalation needs at least 2"
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"the level `{name}` is given {names.count(name)} times; names must differ"
    if not 1 <= escalation.start <= max(len(names), 1):
        yield f"start is {escalation.start}; it is the number of the first level, from 1 to {len(names)}"
    if escalation.rule == "3+3":
        return
    if not 0 < escalation.target < 1 / 1.4:
        yield (
            f"target is {escalation.target:g}; a rate of toxicity to aim at lies above 0 and below 0.71, "
            "such as 0.3"
        )
    if escalation.cohort < 1:
        yield f"cohort is {escalation.cohort}; at least 1 patient is treated at a time"
    if escalation.patients < max(escalation.cohort, 2):
        yield (
            f"patients is {escalation.patients}; at least one cohort of {escalation.cohort} and 2 patients "
            "are needed"
        )


def _sources(escalation: Escalation) -> Iterator[str]:
    """The curve and the model that the levels need."""
    if any(level.rate is None for level in escalation.levels):
        if escalation.toxicity is None:
            yield (
                "toxicity is missing; levels without a `rate` need a curve: toxicity = { ec50 = ..., "
                "slope = ... }"
            )
        else:
            yield from (f"toxicity: {fault}" for fault in curve_faults(escalation.toxicity))
    if any(level.rate is None and level.median is None for level in escalation.levels):
        if escalation.model is None:
            yield (
                "model is missing; a level needs it unless it has a `rate`, or a `median` and `log_sd` of "
                "exposure"
            )
            return
        try:
            check_outputs(escalation.model, [escalation.output] if escalation.output else None)
            Draw(1, 0, escalation.spread, escalation.cv).population(escalation.model)
            if escalation.toxicity and escalation.toxicity.window:
                check_horizon(escalation.model, escalation.toxicity.window[1])
        except LivingdrugError as error:
            yield str(error)


def _level(escalation: Escalation, level: Level) -> Iterator[str]:
    own = {
        "rate": level.rate is not None,
        "median": level.median is not None,
        "model": level.dose != 1 or bool(level.change),
    }
    if sum(own.values()) > 1:
        yield (
            f"{' and '.join(name for name, given in own.items() if given)} were given; its toxicity comes "
            "from one of them"
        )
    if level.rate is not None and not 0 <= level.rate <= 1:
        yield f"rate is {level.rate:g}; it must be between 0 and 1"
    if (level.median is None) != (level.log_sd is None):
        yield "a median and a log_sd of exposure go together"
    for name, least in (("median", "above 0"), ("log_sd", "not negative")):
        value = getattr(level, name)
        if value is not None and not (
            math.isfinite(value) and (value > 0 if name == "median" else value >= 0)
        ):
            yield f"{name} is {value:g}; it must be finite and {least}"
    if escalation.model is not None and not (own["rate"] or own["median"]):
        for name, fold in level.change.items():
            yield from change_faults(escalation.model, name, fold)
        arm = Arm(level.name, 2, level.dose, level.change)
        yield from dose_faults(Trial(escalation.model, (arm,), level.name, (), doses=escalation.doses), arm)
