"""Which question about power is asked, and what belongs to it: exactly one, or a sentence that says why
not."""

from typing import TYPE_CHECKING

from livingdrug.core.errors import InputError

if TYPE_CHECKING:
    from livingdrug.workflows.power.spec import Power

QUESTIONS = ("fold", "effect", "proportions", "hazard_ratio")  # of two arms
ONE_ARM = "historical"
# what belongs to one question alone, and how that question is asked
BELONGS = {
    "log_sd": ("fold", "a fold change (--fold)"),
    "model": ("fold", "a fold change (--fold)"),
    "variability": ("fold", "a fold change (--fold)"),
    "event_rate": ("hazard_ratio", "a hazard ratio (--hazard-ratio)"),
    "control_rate": ("proportions", "two rates (--n without --proportions)"),
    "rate": ("historical", "one arm against a historical rate (--historical)"),
    "two_stage": ("historical", "one arm against a historical rate (--historical)"),
}


def in_place(scenario: "Power") -> bool:
    """Whether n stands in the place of a difference, which is then the answer."""
    return scenario.n is not None and scenario.rate is None and not _differences(scenario)


def wanted_of(scenario: "Power") -> str:
    """Which of QUESTIONS is asked, or ONE_ARM. Raises InputError unless it is exactly one, with what it
    needs."""
    given = _differences(scenario)
    if scenario.historical is not None:
        found = _of_one_arm(scenario, given)
    elif in_place(scenario):
        found = _beside_n(scenario)
    elif len(given) != 1:
        raise InputError(
            f"give exactly one of {_flags(QUESTIONS, ', ')}, not {' and '.join(given) or 'none'}; or none of "
            "them and --n, for the smallest difference that so many show; or --historical with --rate, for "
            "one arm"
        )
    else:
        found = given[0]
        _check_event_rate(scenario)
    _refuse_idle(scenario, found)
    return found


def _flags(names, between: str = " and ") -> str:
    return between.join(f"--{name.replace('_', '-')}" for name in names)


def _differences(scenario: "Power") -> list[str]:
    return [name for name in QUESTIONS if getattr(scenario, name) is not None]


def _said(scenario: "Power") -> list[str]:
    """What is given of that which belongs to one question alone."""
    return [name for name in BELONGS if getattr(scenario, name) not in (None, ())]


def _check_event_rate(scenario: "Power") -> None:
    if (scenario.hazard_ratio is None) != (scenario.event_rate is None):
        raise InputError(
            "--hazard-ratio and --event-rate (proportion of subjects who have the event) belong together"
        )


def _of_one_arm(scenario: "Power", given: list[str]) -> str:
    """One arm is another question than two."""
    other = [*given, *(["uncertainty"] if scenario.uncertainty else [])]
    if other:
        raise InputError(
            f"--historical asks about one arm and {_flags(other)} about two; give one of the two questions"
        )
    if scenario.arms != "1:1":
        raise InputError("--arms is the allocation to two arms; with --historical leave it out")
    if "sides" in scenario.model_fields_set and scenario.sides != 1:
        raise InputError(
            "one arm against a historical rate is tested one-sided at --alpha; leave out --sides, or say 1"
        )
    return ONE_ARM


def _beside_n(scenario: "Power") -> str:
    """What is asked where n is given and no difference: what stands beside it says so."""
    said = [name for name in _said(scenario) if BELONGS[name][0] in QUESTIONS]
    found = list(dict.fromkeys(BELONGS[name][0] for name in said))
    if len(found) > 1:
        raise InputError(
            f"{_flags(said)} are of different questions; give --n with what belongs to one of them"
        )
    return found[0] if found else "effect"


def _refuse_idle(scenario: "Power", found: str) -> None:
    """Keys that the question does not use would be taken for part of the answer."""
    idle = [name for name in _said(scenario) if BELONGS[name][0] != found]
    if scenario.control_rate is not None and scenario.proportions is not None:
        idle.append("control_rate")
    if idle:
        other = "--n" if in_place(scenario) and found != ONE_ARM else _flags([found])
        raise InputError(f"{_flags(idle)} belong(s) to {BELONGS[idle[0]][1]}; with {other} leave it out")
    if in_place(scenario) and scenario.uncertainty:
        raise InputError(
            "--uncertainty averages the power of a fold change (--fold); without one leave it out"
        )
