"""Trials: how many subjects, and what they would show."""

from livingdrug.trial.power import (
    Design,
    PowerAnswer,
    PowerCurve,
    effect_of_fold,
    log_sd_of_auc28,
    power_curve,
    size_for_means,
    size_for_proportions,
)  # fmt: skip
from livingdrug.trial.sample_size import power_proportions, power_t, sample_size_t

__all__ = [
    "Design", "PowerAnswer", "PowerCurve", "effect_of_fold", "log_sd_of_auc28", "power_curve", "power_proportions", "power_t",
    "sample_size_t", "size_for_means", "size_for_proportions",
]  # fmt: skip
