"""Time to an event against exposure: curves by exposure group, and one sentence on what exposure does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.response.models.curve import Estimate, Scale, axis, two_sided
from livingdrug.response.models.permutation import Permutation, event_scores, permuted
from livingdrug.response.sample.sample import Sample, design
from livingdrug.response.survival.cox import CoxFit, fit_cox, proportionality
from livingdrug.response.survival.failure_time import (
    DISTRIBUTIONS,
    Distribution,
    FailureTimeFit,
    fit_failure_time,
)
from livingdrug.response.survival.kaplan_meier import (
    ChiSquare,
    RankTest,
    SurvivalCurve,
    kaplan_meier,
    logrank,
    median_time,
    restricted_mean,
)
from livingdrug.response.survival.times import Times, exposure_groups, refuse_uninformative
from livingdrug.response.words import per_step

MODELS = ("cox", "km", *DISTRIBUTIONS)
FEW_CLUSTERS = 20
FEW_EVENTS = 5  # per coefficient: Vittinghoff & McCulloch, Am J Epidemiol 2007;165:710
CHANGES = 0.05  # p value of the test of proportional hazards below which it is said


@dataclass(frozen=True)
class GroupSurvival:
    """Subjects of one exposure group.

    Attributes
    ----------
    label : str
        Of the group.
    n : int
        Number of subjects.
    events : int
        Number of subjects with the event.
    curve : SurvivalCurve
        Kaplan-Meier estimate of the group.
    median : Estimate
        Median time to the event, open where the curve stays above one half.
    mean : Estimate
        Restricted mean time.
    """

    label: str
    n: int
    events: int
    curve: SurvivalCurve
    median: Estimate
    mean: Estimate


@dataclass(frozen=True, repr=False)
class TimeFit(Shown):
    """The fit of a time to an event.

    Attributes
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    model : str
        Name of the model, such as `cox` or `weibull`.
    scale : Scale
        On which the exposure enters: `linear` or `log`.
    level : float
        Of the intervals.
    times : Times
        To the event.
    groups : tuple of GroupSurvival
        Kaplan-Meier curves of groups of exposure, the lowest first.
    until : float
        Time to which means are restricted.
    comparison : RankTest or None
        Log-rank test of the groups, None for one group.
    regression : CoxFit or FailureTimeFit or None
        Of the model, None for `km`.
    exposure : str
        Name of the term of the exposure in the regression.
    per : float
        The step of exposure whose ratio is told (ln 2 on the log scale).
    notes : tuple of str
        What to know of it.
    permutation, groups_permutation : Permutation or None
        log-rank tests of exposure and of its groups for few subjects, None for many (and, of exposure, beside
        covariates).
    """

    sample: Sample
    model: str
    scale: Scale
    level: float
    times: Times
    groups: tuple[GroupSurvival, ...]
    until: float
    comparison: RankTest | None
    regression: CoxFit | FailureTimeFit | None
    exposure: str
    per: float
    notes: tuple[str, ...] = ()
    permutation: Permutation | None = None
    groups_permutation: Permutation | None = None

    @property
    def ratios(self) -> dict[str, Estimate]:
        """What a step of exposure multiplies: the `hazard`, the `time`, or both."""
        if self.regression is None:
            return {}
        made = {}
        if isinstance(self.regression, FailureTimeFit):
            made["time"] = self.regression.time_ratio(self.exposure, self.per, self.level)
        if self.model not in ("loglogistic", "lognormal"):
            made["hazard"] = self.regression.hazard_ratio(self.exposure, self.per, self.level)
        return made

    @property
    def proportionality(self) -> dict[str, ChiSquare]:
        """Test of proportional hazards for each term and all; empty for other models."""
        return proportionality(self.regression) if isinstance(self.regression, CoxFit) else {}


def fit_times(
    sample: Sample, model: str = "cox", scale: Scale = "log", level: float = 0.95, groups: int = 2
) -> TimeFit:
    """Relate exposure to the time to an event.

    Parameters
    ----------
    sample : Sample
        Subjects; its outcome and event hold the times.
    model : str, optional
        Its name.
    scale : Scale, optional
        Of the exposure.
    level : float, optional
        Of the interval.
    groups : int, optional
        How many groups by quantile of exposure the curves are drawn for.

    Returns
    -------
    TimeFit
    """
    if model not in MODELS:
        raise InputError(unknown("model for a time to an event", model, MODELS))
    strata = np.unique(np.array(sample.strata, dtype=str), return_inverse=True)[1]
    times = Times(
        sample.outcome,
        sample.event,
        sample.endpoint,
        sample.outcome_unit,
        sample.subjects,
        sample.entry,
        strata,
    )
    _refuse_rows(sample, times, model)
    if model == "km" and sample.covariates:
        raise InputError(
            "Kaplan-Meier curves are not adjusted for covariates; use --model cox, or leave out --adjust"
        )
    refuse_uninformative(times)
    group, labels = exposure_groups(sample.exposure, groups)
    curves, until = _curves(times, group, labels, level)
    terms = design(sample, scale)[1][1:] if model != "km" else (sample.exposure_name,)
    regression = None if model == "km" else _regression(times, sample, model, scale)
    fit = TimeFit(
        sample,
        model,
        scale,
        level,
        times,
        curves,
        until,
        logrank(times, group),
        regression,
        terms[0],
        exposure_step(sample.exposure, scale),
    )
    scores = event_scores(times.time, times.event)
    indicators = (group[:, None] == np.arange(len(labels))).astype(float)
    exchangeable = times.plain and not sample.clusters
    alone = (
        None if sample.covariates or regression is None else permuted(axis(sample.exposure, scale), scores)
    )
    if not exchangeable:  # rows of a subject, of strata or of a site cannot change places
        return replace(fit, notes=_notes(fit))
    return replace(fit, notes=_notes(fit), permutation=alone, groups_permutation=permuted(indicators, scores))


def _refuse_rows(sample: Sample, times: Times, model: str) -> None:
    """Refuse what a model has no use for."""
    if model == "cox":
        return
    if sample.clusters:
        raise InputError(
            f"robust errors are for --model cox, not for {model}; leave out --robust and --cluster"
        )
    if model != "km" and not times.plain:
        raise InputError(
            f"start-stop rows and strata are for --model cox and km, not for {model}; leave them out"
        )


def _regression(times: Times, sample: Sample, model: str, scale: Scale) -> CoxFit | FailureTimeFit:
    columns, terms = design(sample, scale)
    covariates: Mapping[str, np.ndarray] = dict(zip(terms[1:], columns.T[1:], strict=True))
    if model == "cox":
        return fit_cox(times, covariates, clusters=np.array(sample.clusters) if sample.clusters else None)
    return fit_failure_time(times, covariates, cast(Distribution, model))


def _curves(times: Times, group: np.ndarray, labels: tuple[str, ...], level: float):
    """(curve of each group, the time to which all groups were followed)."""
    members = [times.time[group == i] for i in range(len(labels))]
    until = float(min(m.max() for m in members))
    if until == 0:
        raise InputError(
            f"every time in the group `{labels[int(np.argmin([m.max() for m in members]))]}` is 0; join "
            "groups"
        )
    made = []
    for i, label in enumerate(labels):
        rows = group == i
        curve = kaplan_meier(times.of(rows), level)
        mean, error = restricted_mean(curve, until)
        reach = two_sided(level) * error
        area = Estimate(
            mean,
            max(mean - reach, 0.0),
            min(mean + reach, until),
            level,
            f"area under the curve to {until:g}",
        )
        if error == 0:  # no event, which is no proof that there will be none
            area = Estimate(
                mean, np.nan, np.nan, level, f"no event up to {until:g}: its error is not determined"
            )
        made.append(
            GroupSurvival(
                label, int(rows.sum()), int(times.event[rows].sum()), curve, median_time(curve), area
            )
        )
    return tuple(made), until


def exposure_step(exposure: np.ndarray, scale: Scale) -> float:
    """The step of the exposure term that a ratio is told for: a doubling, the distance of two values, or a
    round step."""
    values = np.unique(exposure)
    if scale == "linear" and len(values) == 2:
        return float(values[1] - values[0])
    return per_step(exposure, scale, "", "")[0]


def _of_rows(fit: TimeFit) -> Iterator[str]:
    """What start-stop rows, strata and clusters do."""
    if len(fit.times.entry):
        yield (
            "curves by exposure are of rows: who is in a group changes over time with the exposure (Simon & "
            "Makuch 1984), and a group that few rows enter early starts from few at risk"
        )
    if len(fit.times.stratum):
        many = len(np.unique(fit.times.stratum))
        yield f"{many:,} strata, each with a baseline hazard of its own; curves are over all of them"
    if isinstance(fit.regression, CoxFit) and 0 < fit.regression.clusters < FEW_CLUSTERS:
        yield (
            f"robust errors from {fit.regression.clusters} clusters: with fewer than {FEW_CLUSTERS} they are "
            "mostly too small"
        )


def has_few_events(events: int, terms: int) -> bool:
    """Whether events are too few for so many estimated numbers."""
    return events < FEW_EVENTS * terms


def few_events(events: int, terms: int) -> str:
    """What that means."""
    return (
        f"{events} events for {terms} estimated number(s): with fewer than {FEW_EVENTS} for each, estimates "
        "and intervals are unreliable (Vittinghoff & McCulloch 2007)"
    )


def _notes(fit: TimeFit) -> tuple[str, ...]:
    if fit.regression is None:
        return ()
    notes = list(_of_rows(fit))
    events, terms = int(fit.times.event.sum()), len(fit.regression.coefficients)
    if isinstance(fit.regression, FailureTimeFit):
        terms += fit.regression.distribution != "exponential"  # the scale is estimated too
    if has_few_events(events, terms):
        notes.append(few_events(events, terms))
    for term, test in fit.proportionality.items():
        if term == fit.exposure and test.p_value < CHANGES:
            notes.append(
                f"the effect of {term} changes with time (test of proportional hazards, p = "
                f"{test.p_value:.2g}), so its hazard ratio is an average over the follow-up; look at the "
                "curves"
            )
    return tuple(notes)
