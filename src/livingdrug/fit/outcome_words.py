"""What a joint fit says of its outcomes, in sentences."""

import math

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.fit.outcomes import BINARY, CMAX, COUNT, LEVEL, ORDERED, Outcome
from livingdrug.fit.result import Estimate, FitResult
from livingdrug.fit.words import number

GOES = {
    BINARY: "the odds of {name}",
    ORDERED: "the odds of a higher grade of {name}",
    COUNT: "the mean of {name}",
}


def outcome_sentences(result: FitResult) -> tuple[str, ...]:
    """How each outcome goes with its exposure; nothing that the data do not determine is stated."""
    known = {e.name: e for e in result.estimates}
    return tuple(_slope(o, known[f"{o.name} slope"]) for o in result.problem.outcomes)


def infusate_sentences(result: FitResult) -> tuple[str, ...]:
    """Drivers CMAX that are the level of the infused cells in a typical subject, not of their expansion."""
    from livingdrug.fit.compare_models import typical_of
    from livingdrug.simulation import infusate_words

    outputs = {o.driver.output for o in result.problem.outcomes if o.driver.what == CMAX}
    if not outputs:
        return ()
    try:
        typical = typical_of(result.problem)
    except InputError:  # then nothing is known of its CMAX
        return ()
    return tuple(
        f"{infusate_words(t.output)} in a typical subject, and outcomes were fitted to it; AUC28 looks at the whole course"
        for t in typical
        if t.infusate and t.output in outputs
    )


def _slope(outcome: Outcome, slope: Estimate) -> str:
    driver = outcome.driver
    what = GOES.get(outcome.kind, "the hazard of {name}").format(name=outcome.name)
    if not slope.determined:
        bound = ""
        if slope.lower is not None and slope.upper is None:
            bound = f", but for a slope above {number(slope.lower)}"
        elif slope.upper is not None and slope.lower is None:
            bound = f", but for a slope below {number(slope.upper)}"
        return f"The data do not determine how {what} goes with {driver.name}{bound}."
    unit = math.log(2.0) if driver.log else 1.0
    exposure = f"current level of {driver.name}" if driver.what == LEVEL else driver.name
    if driver.log:
        step = f"Twice the {exposure}"
    else:
        step = f"{number(known(driver.reference, 'the reference of a driver'))} more of the {exposure}"
    factor = number(math.exp(unit * slope.value))
    ends = ""
    if slope.lower is not None and slope.upper is not None:
        ends = (
            f" (95 % interval {number(math.exp(unit * slope.lower))} to "
            f"{number(math.exp(unit * slope.upper))})"
        )
    return f"{step} goes with {factor} times {what}{ends}: an association, not an effect of exposure alone."
