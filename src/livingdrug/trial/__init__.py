"""Trials: how many subjects, and what they would show."""

from livingdrug.trial.sample_size import power_t, sample_size_t

__all__ = ["power_t", "sample_size_t"]
