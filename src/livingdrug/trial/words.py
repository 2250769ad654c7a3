"""A design and its answer in plain words."""

import math

from livingdrug.simulation import Regimen
from livingdrug.trial.design import BINARY, LOGARITHMIC, Arm, Endpoint, Trial
from livingdrug.trial.result import ArmAnswer, TrialAnswer

TESTS = {"pooled": "t-test on the logarithm, pooled variance", "welch": "Welch's t-test on the logarithm"}
MULTIPLE = {
    "none": "each version is tested at the full alpha: nothing guards the family of comparisons",
    "holm": "Holm's step-down procedure guards the family of comparisons",
    "dunnett": "Dunnett's test guards the family of comparisons",
}


def change_text(arm: Arm) -> str:
    """What makes an arm another product: `c_max x 2, in 80 % of the patients`."""
    parts = [f"{name} x {fold:g}" for name, fold in arm.change.items()]
    if isinstance(arm.dose, Regimen):
        parts.append("doses " + ", ".join(f"{dose.amount:g}@{dose.time:g}" for dose in arm.dose.doses))
    elif arm.dose != 1:
        parts.append(f"dose x {arm.dose:g}")
    if arm.variance_scale != 1:
        parts.append(f"log-variance x {arm.variance_scale:g}")
    text = ", ".join(parts) or "as the control"
    return text + (f", in {arm.responders:.0%} of the patients" if arm.responders < 1 else "")


def name_of_test(trial: Trial, endpoint: Endpoint) -> str:
    """The test of an endpoint."""
    if endpoint.kind in LOGARITHMIC:
        if trial.multiplicity == "dunnett":
            return "t-test on the logarithm, variance pooled over all arms"
        return TESTS[endpoint.test]
    return (
        "two proportions, normal approximation"
        if endpoint.kind in BINARY
        else "log-rank test over the visits"
    )


def effect_text(endpoint: Endpoint, answer: ArmAnswer) -> str:
    """The difference that is there to be seen: `a 2-fold gain`."""
    if endpoint.kind in LOGARITHMIC:
        fold = answer.effect if answer.effect >= 1 else 1 / answer.effect
        return f"a {fold:.3g}-fold {'gain' if answer.effect >= 1 else 'loss'} of {endpoint.name}"
    if endpoint.kind in BINARY:
        return f"{answer.level:.0%} against {answer.control_level:.0%} with {endpoint.name}"
    return f"a hazard ratio of {answer.effect:.2g} of {endpoint.name}"


def sentences(answer: TrialAnswer) -> tuple[str, ...]:
    """One sentence for each version on the primary endpoint, and one for sizes, family and cost where they
    apply."""
    primary, trial = answer.endpoints[0], answer.trial
    found = [_sentence(trial, primary.endpoint, arm) for arm in primary.arms]
    for need in answer.needed:
        if not math.isnan(need.n):
            between = f" (simulation: {need.low:.0f} to {need.high:.0f})" if need.high > need.low else ""
            size = f"{math.ceil(need.n)} in the smallest arm"
            found.append(f"`{need.arm}` would need {size} for a power of {trial.power:.0%}{between}.")
        else:
            found.append(
                f"`{need.arm}` does not cross a power of {trial.power:.0%} within the sizes that were "
                "simulated."
            )
    if len(primary.arms) > 1:
        found.append(
            "Were no version any different, at least one would still look so in "
            f"{primary.any_false.value:.1%} of trials; {MULTIPLE[trial.multiplicity]}."
        )
    if trial.futility:
        planned = sum(arm.n for arm in trial.arms)
        found.append(
            f"With the futility rule {answer.patients:.1f} of {planned} patients are expected to be treated."
        )
    return tuple(found)


def _sentence(trial: Trial, endpoint: Endpoint, arm: ArmAnswer) -> str:
    n, control = arm.n, trial.shared.n
    sizes = f"{n} per arm" if n == control else f"{n} against {control} in the control"
    misses = round(10 * (1 - arm.power.value))
    what = effect_text(endpoint, arm)
    if 0 < misses < 10:
        often = f"miss {what} {misses} times in 10"
    else:
        often = f"see {what} {arm.power.value:.1%} of the time"
    return f"`{arm.arm}`: with {sizes} you would {often}."
