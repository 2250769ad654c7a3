"""The `power` kind of scenario: how many subjects per arm, what so many show, and one arm against a
historical rate, with formulas."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import field_validator

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.models import build_model
from livingdrug.products import CAUTION, OBSERVED, observed_spread
from livingdrug.trial import (
    Assured,
    Design,
    OneArm,
    PowerAnswer,
    PowerCurve,
    Smallest,
    SmallestCurve,
    assured_power,
    effect_of_fold,
    log_sd_of_auc28,
    one_arm,
    power_log_rank,
    power_proportions,
    power_t,
    power_welch,
    size_for_fold,
    size_for_hazards,
    size_for_means,
    size_for_proportions,
    smallest_curve,
    smallest_difference,
)
from livingdrug.trial import power_curve as curve
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About
from livingdrug.workflows.power.asking import in_place, wanted_of
from livingdrug.workflows.shared_fields import EVEN_SO, POWER

MEANS = "two-sample t-test with equal variances, exact noncentral t"
WELCH = "Welch's t-test, each arm with its own SD, an approximation by the noncentral t"
RATES = (
    "normal approximation to the test of two proportions, with pooled variance under the null, no "
    "continuity correction"
)
HAZARDS = "Schoenfeld's formula for the log-rank test, an approximation for many events; proportional hazards"


EFFECT, TEST = "Difference to be seen (exactly one, or --n in its place)", "Test"
ONE_ARM = "One arm against a historical rate"


class Power(Document):
    """Two arms compared, by exactly one of fold, effect, proportions and hazard_ratio, or by n in their
    place; or one arm against a historical rate."""

    if TYPE_CHECKING:

        def __hash__(self) -> int: ...  # pydantic gives one to what is frozen

    EXAMPLES: ClassVar = (
        "livingdrug power --fold 2 --model stein_2019 --variability sd",
        "livingdrug power --historical 0.2 --rate 0.4 --two-stage optimal",
    )

    kind: Literal["power"] = "power"
    fold: Annotated[
        float | None, About("Fold change of exposure (ln AUC0-28), with --log-sd or --model.", group=EFFECT)
    ] = None
    log_sd: Annotated[
        tuple[float, ...],
        About(
            "SD of the natural logarithm of exposure. Twice: of the first and of the second arm, compared "
            "by Welch's test.",
            group=EFFECT,
        ),
    ] = ()
    model: Annotated[
        str | None,
        About(
            "Model whose between-subject variability gives the SD of ln AUC0-28, such as stein_2019.",
            group=EFFECT,
        ),
    ] = None
    variability: Annotated[
        str | None,
        About(
            "Which published variability of the model (stein_2019: sd, variance, or observed in a label).",
            group=EFFECT,
            former=("spread",),
        ),
    ] = None
    effect: Annotated[
        float | None, About("Difference of means over the common SD (Cohen's d).", group=EFFECT)
    ] = None
    proportions: Annotated[
        tuple[float, float] | None,
        About(
            "Two response rates to tell apart, such as 0.3 0.5.",
            group=EFFECT,
            metavar="RATE RATE",
        ),
    ] = None
    hazard_ratio: Annotated[
        float | None, About("Hazard ratio to be seen by the log-rank test, with --event-rate.", group=EFFECT)
    ] = None
    event_rate: Annotated[
        float | None,
        About(
            "Proportion of all subjects who have the event in the trial, such as 0.5.",
            group=EFFECT,
        ),
    ] = None
    control_rate: Annotated[
        float | None,
        About(
            "Response rate of the first arm, with --n: the smallest rate above it that so many show.",
            group=EFFECT,
        ),
    ] = None
    historical: Annotated[
        float | None,
        About(
            "Response rate so far (p0), with --rate or --n: exact binomial test of one arm.", group=ONE_ARM
        ),
    ] = None
    rate: Annotated[float | None, About("Response rate hoped for in one arm (p1).", group=ONE_ARM)] = None
    two_stage: Annotated[
        Literal["optimal", "minimax"] | None,
        About(
            "Simon's design with a stop for futility: of fewest expected patients (optimal) or of fewest in "
            "all (minimax).",
            group=ONE_ARM,
        ),
    ] = None
    power: Annotated[float, POWER.under(TEST)] = 0.8
    alpha: Annotated[float, About("Significance level.", group=TEST)] = 0.05
    sides: Annotated[
        int, About("One- or two-sided test of two arms; one arm is tested one-sided.", group=TEST)
    ] = 2
    arms: Annotated[str, About("Allocation, such as 1:2.", group=TEST)] = "1:1"
    n: Annotated[
        int | None,
        About(
            "Subjects in the smaller arm (or the one arm): their power, or without a difference, the "
            "smallest one that they show.",
            ("-n", "--n"),
            TEST,
        ),
    ] = None
    uncertainty: Annotated[
        int,
        About(
            "Draws of the estimates of a fitted --model (such as 200): assurance (power averaged over them) "
            "beside power.",
            group=TEST,
            metavar="DRAWS",
        ),
    ] = 0
    even_so: Annotated[bool, EVEN_SO.under(EFFECT)] = False

    @field_validator("log_sd", mode="before")
    @classmethod
    def _one_or_two(cls, given):
        return (given,) if isinstance(given, int | float) else given

    def design(self) -> Design:
        """The test. Raises InputError for an allocation that cannot be read."""
        return Design(self.power, self.alpha, self.sides, read_arms(self.arms))

    @property
    def inverse(self) -> bool:
        """Whether n stands in the place of a difference, which is then the answer."""
        return in_place(self)

    def wanted(self) -> str:
        """Which of fold, effect, proportions, hazard_ratio and historical is asked. Raises InputError
        unless it is exactly one, with what it needs."""
        return wanted_of(self)


@dataclass(frozen=True)
class Question:
    """what: the difference in words; size(n): the answer; power_of(subjects in the first arm); assumed: by
    the formula."""

    what: str
    size: Callable[[int | None], PowerAnswer]
    power_of: Callable[[float], float]
    assumed: tuple[str, ...]


def read_arms(text: str) -> float:
    """The ratio of an allocation such as `1:2`. Raises InputError naming the text."""
    first, _, second = text.partition(":")
    try:
        ratio = float(second) / float(first)
    except (ValueError, ZeroDivisionError):
        raise InputError(
            f"the allocation `{text}` (--arms) cannot be read; write two numbers above 0, such as 1:2"
        ) from None
    return ratio


def run(scenario: Power) -> PowerAnswer | Smallest | OneArm:
    """The answer in numbers and one sentence. Raises InputError for what cannot be asked."""
    if scenario.wanted() == "historical":
        return one_arm(
            known(scenario.historical, "--historical"),
            scenario.rate,
            n=scenario.n,
            two_stage=scenario.two_stage,
            alpha=scenario.alpha,
            power=scenario.power,
        )
    if scenario.inverse:
        return smallest_difference(known(scenario.n, "--n"), **_beside(scenario), design=scenario.design())
    answer = question(scenario).size(scenario.n)
    if not scenario.uncertainty:
        return answer
    return replace(answer, assured=_assured(scenario, answer)[0])


def _beside(scenario: Power) -> dict:
    """What the smallest difference is looked for beside."""
    if scenario.wanted() == "fold":
        sds = scenario.log_sd
        return {"log_sd": _two_sds(scenario) if len(sds) > 1 else log_sd_of(scenario)}
    return {"control_rate": scenario.control_rate, "event_rate": scenario.event_rate}


@lru_cache(maxsize=16)  # the figure and the table show the same
def over_sizes(scenario: Power) -> SmallestCurve:
    """The smallest difference over the number of subjects, around n."""
    return smallest_curve(known(scenario.n, "--n"), **_beside(scenario), design=scenario.design())


def asked_back(scenario: Power, found: Smallest) -> Power:
    """The question whose answer is n: what was found stands where it was left out."""
    pair = (scenario.control_rate, found.value)
    value = pair if found.quantity == "proportions" else found.value
    return scenario.model_copy(update={found.quantity: value, "control_rate": None})


def assurance_notes(scenario: Power) -> tuple[str, ...]:
    """What to know of the draws of the estimates."""
    answer = run(scenario) if scenario.uncertainty else None
    return _assured(scenario, answer)[1] if isinstance(answer, PowerAnswer) else ()


def _assured(scenario: Power, answer: PowerAnswer) -> tuple[Assured, tuple[str, ...]]:
    if scenario.fold is None or scenario.model is None or scenario.variability == OBSERVED:
        raise InputError(
            "uncertainty is that of the estimates of a fitted model: give --fold and --model with the "
            "folder of a fit, or leave out --uncertainty"
        )
    return _power_over_draws(scenario, answer.n_per_arm)


@lru_cache(maxsize=16)
def _power_over_draws(scenario: Power, n: int) -> tuple[Assured, tuple[str, ...]]:
    model = build_model(known(scenario.model, "--model"), even_so=scenario.even_so)
    return assured_power(
        model,
        known(scenario.fold, "--fold"),
        n,
        scenario.design(),
        scenario.variability,
        scenario.uncertainty,
    )


@lru_cache(maxsize=16)
def power_curve(scenario: Power) -> PowerCurve:
    """Power from the least number of subjects to twice the answer."""
    asked = question(scenario)
    upto = max(2 * asked.size(scenario.n).n_per_arm, 20)
    return curve(asked.power_of, scenario.design(), upto, asked.what, *asked.assumed)


@lru_cache(maxsize=64)  # the variability of a model is that of 100,000 virtual subjects
def question(scenario: Power) -> Question:
    """What is asked, as functions of the number of subjects."""
    wanted, design = scenario.wanted(), scenario.design()
    test = {"alpha": design.alpha, "sides": design.sides, "ratio": design.ratio}
    if wanted == "proportions":
        p1, p2 = known(scenario.proportions, "--proportions")
        power_of = partial(power_proportions, p1=p1, p2=p2, **test)
        what = f"a difference of {p1:.0%} against {p2:.0%}"
        return Question(what, lambda n: size_for_proportions(p1, p2, design, n), power_of, (RATES,))
    if wanted == "hazard_ratio":
        ratio = known(scenario.hazard_ratio, "--hazard-ratio")
        rate = known(scenario.event_rate, "--event-rate")

        def log_rank(n: float) -> float:
            return power_log_rank(n, ratio, rate, design.alpha, design.sides, design.ratio)

        what = f"a hazard ratio of {ratio:g}"
        return Question(what, lambda n: size_for_hazards(ratio, rate, design, n), log_rank, (HAZARDS,))
    if wanted == "effect":
        return _means(
            known(scenario.effect, "--effect"), f"a difference of {scenario.effect:g} SD", design, (MEANS,)
        )
    return _fold(scenario, design)


def _means(effect: float, what: str, design: Design, assumed: tuple[str, ...]) -> Question:
    test = {"alpha": design.alpha, "sides": design.sides, "ratio": design.ratio}
    return Question(
        what,
        lambda n: size_for_means(effect, design, what, n),
        partial(power_t, effect=effect, **test),
        assumed,
    )


def _fold(scenario: Power, design: Design) -> Question:
    """One SD of the logarithm for both arms, or one for each."""
    fold, sds = known(scenario.fold, "--fold"), scenario.log_sd
    what = f"a {fold:g}-fold change of exposure"
    if len(sds) > 1:
        both = _two_sds(scenario)

        def welch(n: float) -> float:
            return power_welch(n, math.log(fold), both, design.alpha, design.sides, design.ratio)

        said = f"exposure (AUC0-28) is log-normal with SDs of {both[0]:g} and {both[1]:g} of its natural logarithm"
        return Question(what, lambda n: size_for_fold(fold, both, design, n), welch, (WELCH, said))
    log_sd = log_sd_of(scenario)
    said = (
        f"exposure (AUC0-28) is log-normal in both arms with an SD of {log_sd:.4g} of its natural logarithm"
    )
    source = ", as stated" if sds else f", from 100,000 virtual subjects of {scenario.model}"
    chosen = variability_note(scenario)
    source += f"; {chosen}" if chosen else ""
    if scenario.variability == OBSERVED:
        source = f"; {CAUTION}"
    return _means(effect_of_fold(fold, log_sd), what, design, (MEANS, said + source))


def _two_sds(scenario: Power) -> tuple[float, float]:
    """Those of the first and of the second arm. Raises InputError beside a model, and for more of them."""
    if len(scenario.log_sd) > 2:
        raise InputError(
            f"--log-sd was given {len(scenario.log_sd)} times; give it once for both arms, or twice, once "
            "for each"
        )
    if scenario.model is not None or scenario.variability is not None:
        log_sd_of(scenario)  # says which of the two to leave out
    first, second = list(scenario.log_sd)
    return first, second


def variability_note(scenario: Power) -> str:
    """Which published variability is taken where there are several and none is named; "" otherwise."""
    if scenario.model is None or scenario.variability is not None:
        return ""
    names = [
        population.name for population in build_model(scenario.model, even_so=scenario.even_so).populations
    ]
    if len(names) < 2:
        return ""
    return (
        f"variability `{names[0]}` of {scenario.model} is taken; --variability names another: "
        f"{', '.join(names[1:])}"
    )


def log_sd_of(scenario: Power) -> float:
    """SD of the logarithm of exposure behind a fold change: given, that of a model's virtual subjects, or of
    a label."""
    if (not scenario.log_sd) == (scenario.model is None):
        raise InputError(
            "a fold change needs either --log-sd (SD of ln exposure) or --model with its variability"
        )
    if scenario.log_sd:
        if scenario.variability is not None:
            raise InputError(
                "--variability chooses between those of a model; with --log-sd there is nothing to choose"
            )
        return scenario.log_sd[0]
    if scenario.variability == OBSERVED:
        model = build_model(known(scenario.model, "--model"), even_so=scenario.even_so)
        return observed_spread(model.name).log_sd
    return _log_sd_of_model(known(scenario.model, "--model"), scenario.variability, scenario.even_so)


@lru_cache(maxsize=16)
def _log_sd_of_model(name: str, variability: str | None, even_so: bool) -> float:
    return log_sd_of_auc28(build_model(name, even_so=even_so), variability)
