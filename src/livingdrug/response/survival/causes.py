"""Competing risks against exposure: cumulative incidence by exposure group, Gray's test, and what exposure
multiplies."""

from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.response.models.curve import Estimate, Scale
from livingdrug.response.sample.sample import Sample, design
from livingdrug.response.survival.competing import (
    CompetingTimes,
    Incidence,
    cumulative_incidence,
    gray_test,
)
from livingdrug.response.survival.cox import CoxFit, fit_cox
from livingdrug.response.survival.fine_gray import SubdistributionFit, fit_fine_gray
from livingdrug.response.survival.groups import exposure_step, few_events, has_few_events
from livingdrug.response.survival.kaplan_meier import ChiSquare
from livingdrug.response.survival.times import exposure_groups

MODELS = ("fine-gray", "cause-specific")


@dataclass(frozen=True)
class GroupIncidence:
    """Subjects of one exposure group.

    Attributes
    ----------
    label : str
        Of the group.
    n : int
        Number of subjects.
    events : tuple of int
        Of each cause.
    curves : tuple of Incidence
        Cumulative incidence of each cause.
    """

    label: str
    n: int
    events: tuple[int, ...]
    curves: tuple[Incidence, ...]


@dataclass(frozen=True, repr=False)
class CompetingFit(Shown):
    """The fit of a time to the first event of several causes.

    Attributes
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    model : str
        Name of the model, `fine-gray` or `cause-specific`.
    scale : Scale
        On which the exposure enters: `linear` or `log`.
    level : float
        Of the intervals.
    times : CompetingTimes
        Times to the first event, with its cause.
    groups : tuple of GroupIncidence
        Cumulative incidences of groups of exposure, the lowest first.
    gray : tuple of ChiSquare
        Test of the groups for each cause.
    until : float
        Time to which all groups were followed.
    regressions : tuple[SubdistributionFit or CoxFit, ...] or None
        Cause -> fit, of the subdistribution hazard (fine-gray) or the cause-specific one, None where the
        cause has too few events for it.
    exposure : str
        Name of the term of the exposure in the regression.
    per : float
        The step of exposure whose ratio is given.
    notes : tuple of str
        What to know of it.
    """

    sample: Sample
    model: str
    scale: Scale
    level: float
    times: CompetingTimes
    groups: tuple[GroupIncidence, ...]
    gray: tuple[ChiSquare, ...]
    until: float
    regressions: tuple[SubdistributionFit | CoxFit | None, ...]
    exposure: str
    per: float
    notes: tuple[str, ...] = ()

    @property
    def ratios(self) -> dict[str, Estimate]:
        """Cause -> what a step of exposure multiplies its hazard by."""
        pairs = zip(self.times.causes, self.regressions, strict=True)
        return {
            cause: fit.hazard_ratio(self.exposure, self.per, self.level)
            for cause, fit in pairs
            if fit is not None
        }


def fit_competing(
    sample: Sample, model: str = "fine-gray", scale: Scale = "log", level: float = 0.95, groups: int = 2
) -> CompetingFit:
    """Relate exposure to the first event of several causes.

    Parameters
    ----------
    sample : Sample
        Subjects; its outcome and event hold times and causes.
    model : str, optional
        Its name.
    scale : Scale, optional
        Of the exposure.
    level : float, optional
        Of the interval.
    groups : int, optional
        How many groups by quantile of exposure the incidence is drawn for.

    Returns
    -------
    CompetingFit
    """
    if model not in MODELS:
        raise InputError(unknown("model for competing risks", model, MODELS))
    times = CompetingTimes(sample.outcome, sample.event, sample.causes, sample.outcome_unit, sample.subjects)
    group, labels = exposure_groups(sample.exposure, groups)
    columns, terms = design(sample, scale)
    covariates = dict(zip(terms[1:], columns.T[1:], strict=True))
    numbers = range(1, len(times.causes) + 1)
    made = tuple(_group(times.of(group == i), label, level) for i, label in enumerate(labels))
    regressions, notes = [], []
    for cause in numbers:
        try:
            regressions.append(_regression(times, covariates, cause, model))
        except InputError as error:
            if cause == 1:
                raise
            regressions.append(None)
            notes.append(f"{times.causes[cause - 1]}: no hazard ratio: {error}")
    return CompetingFit(
        sample=sample,
        model=model,
        scale=scale,
        level=level,
        times=times,
        groups=made,
        gray=tuple(gray_test(times, group, cause) for cause in numbers),
        until=float(min(times.time[group == i].max() for i in range(len(labels)))),
        regressions=tuple(regressions),
        exposure=terms[1],
        per=exposure_step(sample.exposure, scale),
        notes=(*notes, *_few(times, len(covariates))),
    )


def _regression(
    times: CompetingTimes, covariates: dict, cause: int, model: str
) -> SubdistributionFit | CoxFit:
    if model == "fine-gray":
        return fit_fine_gray(times, covariates, cause)
    return fit_cox(times.events_of(cause), covariates)


def _group(times: CompetingTimes, label: str, level: float) -> GroupIncidence:
    numbers = range(1, len(times.causes) + 1)
    events = tuple(int((times.cause == cause).sum()) for cause in numbers)
    return GroupIncidence(
        label, times.n, events, tuple(cumulative_incidence(times, c, level) for c in numbers)
    )


def _few(times: CompetingTimes, terms: int) -> list[str]:
    said = []
    for number, cause in enumerate(times.causes, 1):
        events = int((times.cause == number).sum())
        if has_few_events(events, terms):
            said.append(f"{cause}: {few_events(events, terms)}")
    return said
