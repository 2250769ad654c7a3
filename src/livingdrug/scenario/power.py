"""The `power` kind of scenario: how many subjects per arm, with formulas."""

from functools import lru_cache
from typing import Literal

from livingdrug.core.errors import InputError
from livingdrug.scenario.purpose import Document
from livingdrug.scenario.simulation import build_model
from livingdrug.trial import (
    Design,
    PowerAnswer,
    PowerCurve,
    effect_of_fold,
    log_sd_of_auc28,
    power_proportions,
    power_t,
    size_for_means,
    size_for_proportions,
)  # fmt: skip
from livingdrug.trial import power_curve as curve


class Power(Document):
    """Two arms compared. Exactly one of fold, effect and proportions says what is to be seen.

    fold: change of exposure (ln AUC0-28), with log_sd (SD of its natural logarithm) or with a model whose spread between
    subjects gives it; effect: difference of means over the common SD; proportions: two response rates; power, alpha, sides:
    of the test; arms: allocation such as `1:2`; n: ask for the power of this many in the smaller arm.
    """

    kind: Literal["power"] = "power"
    fold: float | None = None
    log_sd: float | None = None
    model: str | None = None
    spread: str | None = None
    effect: float | None = None
    proportions: tuple[float, float] | None = None
    power: float = 0.8
    alpha: float = 0.05
    sides: int = 2
    arms: str = "1:1"
    n: int | None = None

    def design(self) -> Design:
        """The test. Raises InputError for an allocation that cannot be read."""
        return Design(self.power, self.alpha, self.sides, read_arms(self.arms))

    def wanted(self) -> str:
        """Which of fold, effect and proportions is given. Raises InputError unless it is exactly one."""
        given = [name for name in ("fold", "effect", "proportions") if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError(f"give exactly one of fold, effect and proportions, not {' and '.join(given) or 'none'}")
        return given[0]


def read_arms(text: str) -> float:
    """The ratio of an allocation such as `1:2`. Raises InputError naming the text."""
    first, _, second = text.partition(":")
    try:
        ratio = float(second) / float(first)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"the allocation `{text}` (--arms) cannot be read; write two numbers above 0, such as 1:2") from None
    return ratio


MEANS = "two-sample t-test with equal variances, exact noncentral t"
RATES = "comparison of two proportions with pooled variance under the null, no continuity correction"


def run_power(scenario: Power) -> PowerAnswer:
    """The answer in numbers and one sentence. Raises InputError for what cannot be asked."""
    wanted, design = scenario.wanted(), scenario.design()
    if wanted == "proportions":
        return size_for_proportions(*scenario.proportions, design, scenario.n)
    effect, what, _ = _effect(scenario)
    return size_for_means(effect, design, what, scenario.n)


def power_curve(scenario: Power) -> PowerCurve:
    """Power from the least number of subjects to twice the answer."""
    answer, design = run_power(scenario), scenario.design()
    upto = max(2 * answer.n_per_arm, 20)
    if scenario.wanted() == "proportions":
        p1, p2 = scenario.proportions

        def rates(n: float) -> float:
            return power_proportions(n, p1, p2, design.alpha, design.sides, design.ratio)

        return curve(rates, design, upto, f"a difference of {p1:.0%} against {p2:.0%}", RATES)
    effect, what, assumed = _effect(scenario)

    def means(n: float) -> float:
        return power_t(n, effect, design.alpha, design.sides, design.ratio)

    return curve(means, design, upto, what, MEANS, *assumed)


@lru_cache(maxsize=64)
def _effect(scenario: Power) -> tuple[float, str, tuple[str, ...]]:
    """(effect size, the difference in words, what it assumes)."""
    if scenario.wanted() == "effect":
        return scenario.effect, f"a difference of {scenario.effect:g} SD", ()
    log_sd = log_sd_of(scenario)
    effect = effect_of_fold(scenario.fold, log_sd)
    said = f"exposure (AUC0-28) is log-normal in both arms with an SD of {log_sd:.4g} of its natural logarithm"
    source = f", from 100,000 virtual subjects of {scenario.model}" if scenario.model else ", as stated"
    return effect, f"a {scenario.fold:g}-fold change of exposure", (said + source,)


def log_sd_of(scenario: Power) -> float:
    """SD of the logarithm of exposure behind a fold change: given, or that of a model's virtual subjects."""
    if (scenario.log_sd is None) == (scenario.model is None):
        raise InputError("a fold change needs either a log-SD (--log-sd: SD of ln exposure) or a --model with its spread")
    if scenario.log_sd is not None:
        if scenario.spread is not None:
            raise InputError("--spread chooses between the spreads of a model; with --log-sd there is nothing to choose")
        return scenario.log_sd
    return log_sd_of_auc28(build_model(scenario.model), scenario.spread)
