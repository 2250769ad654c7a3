"""An event that is known to lie between two visits, against exposure: Turnbull's curves by group, and an
accelerated failure time. Taking the visit itself for the time would make every event late, by half the
distance of visits on average."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.nca import PersistenceCurve, persistence_curve
from livingdrug.response.models.curve import Estimate, Scale
from livingdrug.response.sample.sample import Sample, design
from livingdrug.response.survival.failure_time import (
    DISTRIBUTIONS,
    PROPORTIONAL,
    Distribution,
    FailureTimeFit,
    fit_failure_time,
)
from livingdrug.response.survival.groups import exposure_step, few_events, has_few_events
from livingdrug.response.survival.times import Times, exposure_groups, refuse_uninformative


@dataclass(frozen=True)
class GroupVisits:
    """Subjects of one exposure group.

    Attributes
    ----------
    label : str
        Of the group.
    n : int
        Number of subjects.
    events : int
        How many had the event.
    curve : PersistenceCurve
        Of those free of it.
    """

    label: str
    n: int
    events: int
    curve: PersistenceCurve


@dataclass(frozen=True, repr=False)
class VisitsFit(Shown):
    """The fit of an event between visits.

    Attributes
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    model : str
        Name of the distribution of the times, such as `weibull`.
    scale : Scale
        On which the exposure enters: `linear` or `log`.
    level : float
        Of the intervals.
    times : Times
        To the event.
    groups : tuple of GroupVisits
        Subjects and events of groups of exposure, the lowest first.
    regression : FailureTimeFit
        Of the model.
    exposure : str
        Name of the term of the exposure in the regression.
    per : float
        The step of exposure whose ratio is given.
    notes : tuple of str
        What to know of it.
    permutation : None
        None: no such test is made between visits.
    """

    sample: Sample
    model: str
    scale: Scale
    level: float
    times: Times
    groups: tuple[GroupVisits, ...]
    regression: FailureTimeFit
    exposure: str
    per: float
    notes: tuple[str, ...] = ()
    permutation: None = None

    @property
    def ratios(self) -> dict[str, Estimate]:
        """What a step of exposure multiplies: the `time`, and the `hazard` where hazards are proportional."""
        made = {"time": self.regression.time_ratio(self.exposure, self.per, self.level)}
        if self.model in PROPORTIONAL:
            made["hazard"] = self.regression.hazard_ratio(self.exposure, self.per, self.level)
        return made


def fit_visits(
    sample: Sample, model: str = "weibull", scale: Scale = "log", level: float = 0.95, groups: int = 2
) -> VisitsFit:
    """Relate exposure to an event between visits.

    Parameters
    ----------
    sample : Sample
        Subjects; its outcome is the last visit without the event (0 for none), its upper the first with it
        (infinite where none had it).
    model : str, optional
        Its name.
    scale : Scale, optional
        Of the exposure.
    level : float, optional
        Of the interval.
    groups : int, optional
        By quantile of exposure, for the curves.

    Returns
    -------
    VisitsFit

    Raises
    ------
    InputError
        For visits that cannot be, no events, covariates that separate them, and intervals that a time with
        one scale cannot be made of.
    """
    if model not in DISTRIBUTIONS:
        raise InputError(unknown("model for an event between visits", model, DISTRIBUTIONS))
    seen = np.isfinite(sample.upper)
    times = Times(
        sample.outcome, seen, sample.endpoint, sample.outcome_unit, sample.subjects, upper=sample.upper
    )
    refuse_uninformative(times)
    group, labels = exposure_groups(sample.exposure, groups)
    # nobody is known to be free of the event before time 0, and who was never seen says nothing
    told = (times.time > 0) | seen
    if not told.all():
        times, sample = times.of(told), _of(sample, told)
        group = group[told]
    columns, terms = design(sample, scale)
    covariates = dict(zip(terms[1:], columns.T[1:], strict=True))
    regression = fit_failure_time(times, covariates, cast(Distribution, model))
    curves = []
    for i, label in enumerate(labels):
        mine = group == i
        if not mine.any():
            raise InputError(f"nobody in the group `{label}` was seen at a visit; ask for fewer groups")
        curve = persistence_curve(times.time[mine], times.upper[mine])
        curves.append(GroupVisits(label, int(mine.sum()), int(times.event[mine].sum()), curve))
    step = exposure_step(sample.exposure, scale)
    fit = VisitsFit(
        sample, model, scale, level, times, tuple(curves), regression=regression, exposure=terms[1], per=step
    )
    return replace(fit, notes=tuple(_notes(fit, int((~told).sum()))))


def _of(sample: Sample, rows: np.ndarray) -> Sample:
    """Some subjects of a sample."""
    arrays = {k: getattr(sample, k)[rows] for k in ("exposure", "outcome", "trials", "upper")}
    named = tuple(s for s, kept in zip(sample.subjects, rows, strict=True) if kept)
    more = {k: v[rows] if len(v) else v for k in ("event", "floor") for v in (getattr(sample, k),)}
    return replace(
        sample,
        **arrays,
        **more,
        subjects=named,
        covariates={k: v[rows] for k, v in sample.covariates.items()},
    )


def _notes(fit: VisitsFit, silent: int) -> Iterator[str]:
    if silent:
        yield f"{silent} subject(s) without a visit after time 0 say nothing of the time and are left out"
    terms = len(fit.regression.coefficients) + (fit.regression.distribution != "exponential")
    if has_few_events(int(fit.times.event.sum()), terms):
        yield few_events(int(fit.times.event.sum()), terms)
    if not all(group.curve.converged for group in fit.groups):
        yield "a curve by exposure had not converged: it is approximate"
