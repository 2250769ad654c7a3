"""How the fit of a time to an event is shown."""

from collections.abc import Iterator

import numpy as np

from livingdrug.core.known import known
from livingdrug.report import Cell, Table, cell
from livingdrug.response import (
    ChiSquare,
    CoxFit,
    Estimate,
    GroupSurvival,
    TimeFit,
    VisitsFit,
    concordance,
    two_sided,
)
from livingdrug.response.words import p_text, per_step, short, span
from livingdrug.workflows.response.coefficients import permutation, unclear


def as_dict(answer) -> dict:
    """Plain data of the fit; what is not known is null."""
    fit: TimeFit = answer.fit
    made = {
        "events": int(fit.times.event.sum()),
        "time_unit": fit.times.unit,
        "coefficients": coefficients(fit),
        "ratios": {name: {"per": fit.per, **_interval(ratio)} for name, ratio in fit.ratios.items()},
        "groups": [_group(group) for group in fit.groups],
        "mean_until": fit.until,
        "log_rank": _test(_compared(fit)),
        "log_rank_permutation": permutation(fit.groups_permutation),
        "permutation": permutation(fit.permutation),
        "sentence": sentence(fit),
    }
    regression = fit.regression
    if regression is not None:
        made["log_likelihood"] = regression.log_likelihood
        made["null_log_likelihood"] = regression.null_log_likelihood
        made["tests"] = {name: _test(test) for name, test in tests(fit).items()}
    if isinstance(regression, CoxFit):
        made["ties"] = regression.ties
        made["clusters"] = regression.clusters or None
        made["concordance"] = None
        if fit.times.plain:  # pairs of rows that start late, or of strata, are others
            share, error = concordance(regression)
            made["concordance"] = {"value": share, "se": error if error > 0 else None}
        made["proportional_hazards"] = {term: _test(test) for term, test in fit.proportionality.items()}
    elif regression is not None:
        made["residual_scale"] = regression.scale
    return made


def _interval(e: Estimate) -> dict:
    ends = {
        name: float(v) if np.isfinite(v) else None
        for name, v in (("value", e.value), ("low", e.low), ("high", e.high))
    }
    return ends | {"method": e.method}


def _compared(fit: TimeFit) -> ChiSquare:
    return known(fit.comparison, "the comparison of groups")


def _test(test: ChiSquare) -> dict:
    known = np.isfinite(test.statistic)
    return {
        "statistic": test.statistic if known else None,
        "df": test.df,
        "p_value": test.p_value if known else None,
    }


def _group(group: GroupSurvival) -> dict:
    return {
        "exposure": group.label,
        "subjects": group.n,
        "events": group.events,
        "median": _interval(group.median),
        "restricted_mean": _interval(group.mean),
    }


def tests(fit: TimeFit) -> dict[str, ChiSquare]:
    """All terms against none."""
    made = {"likelihood ratio": known(fit.regression, "a regression").likelihood_ratio}
    if isinstance(fit.regression, CoxFit):
        made |= {"Wald": fit.regression.wald, "score": fit.regression.score}
    return made


def coefficients(fit: TimeFit | VisitsFit) -> list[dict]:
    """Terms with estimate, standard error and Wald interval: log hazard ratios, or of the logarithm of
    time."""
    if fit.regression is None:
        return []
    reach = two_sided(fit.level)
    pairs = zip(fit.regression.terms, fit.regression.coefficients, fit.regression.errors, strict=False)
    return [
        {
            "term": term,
            "estimate": float(b),
            "se": float(se),
            "low": float(b - reach * se),
            "high": float(b + reach * se),
        }
        for term, b, se in pairs
    ]


def sentence(fit: TimeFit | VisitsFit) -> str:
    """The answer in plain words."""
    if fit.regression is None:
        parts = [
            f"{_median(g, fit.times.unit)} with {fit.sample.exposure_name} {g.label}" for g in fit.groups
        ]
        return f"Half had the event ({fit.times.endpoint}) {'; '.join(parts)}; {_log_rank(fit)}."
    words = {"hazard": f"the hazard of {fit.times.endpoint}", "time": f"the time to {fit.times.endpoint}"}
    ratios = fit.ratios.items()
    what = " and ".join(
        f"{words[name]} by {short(r.value)} ({span(r.low, r.high, r.level)})" for name, r in ratios
    )
    # the dummies of a column are one thing that is held
    held = dict.fromkeys(term.split(": ")[0] for term in fit.sample.covariates)
    adjusted = f", at equal {' and '.join(held)}" if held else ""
    doubts = [unclear(r.low, r.high, fit.permutation, fit.level) for _, r in ratios]
    return (
        f"{_step(fit)} multiplies "
        f"{what}{adjusted}{max(doubts, key=lambda doubt: doubt.startswith(':'), default='')}."
    )


def _log_rank(fit: TimeFit) -> str:
    """The p value of the comparison of groups: of permutations where there are few subjects."""
    exact = fit.groups_permutation
    if exact is None:
        return f"log-rank {p_text(_compared(fit).p_value)}"
    return f"log-rank {p_text(exact.p_value)} {exact.words}"


def _step(fit: TimeFit | VisitsFit) -> str:
    sample, values = fit.sample, np.unique(fit.sample.exposure)
    if fit.scale == "linear" and len(values) == 2:
        return f"{sample.exposure_name} {short(values[1])} instead of {short(values[0])}"
    words = per_step(sample.exposure, fit.scale, sample.exposure_name, sample.exposure_unit)[1]
    return f"{words[0].upper()}{words[1:]}"


def _median(group: GroupSurvival, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    if np.isnan(group.median.value):
        return f"not within the follow-up of {short(group.curve.time[-1])}{unit}"
    return f"by {short(group.median.value)}{unit} ({100 * group.median.level:g} % {_ends(group.median)})"


def _ends(median: Estimate) -> str:
    low, high = (short(end) if np.isfinite(end) else "not reached" for end in (median.low, median.high))
    return f"{low} to {high}"


def lines(answer) -> Iterator[str]:
    """Tests, and what is known of the regression beside its coefficients."""
    fit: TimeFit = answer.fit
    few = fit.groups_permutation
    words = "" if few is None else f" by chi-square; {few.words}: {p_text(few.p_value)}"
    yield f"log-rank, {len(fit.groups)} groups by exposure: {p_text(_compared(fit).p_value)}{words}"
    if fit.regression is None:
        return
    of = "of the logarithm of the hazard, ties by Efron" if fit.model == "cox" else "of the logarithm of time"
    yield f"coefficients {of}; log-likelihood {fit.regression.log_likelihood:.6g}"
    few = "" if fit.permutation is None else f"; {fit.permutation.words}: {p_text(fit.permutation.p_value)}"
    listed = ", ".join(f"{name} {p_text(t.p_value)}" for name, t in tests(fit).items())
    yield f"all terms: {listed}{few}"
    if isinstance(fit.regression, CoxFit):
        if fit.regression.clusters:
            yield f"robust errors over {fit.regression.clusters:,} clusters; likelihood-ratio and score tests are not robust"
        if fit.times.plain:
            value, error = concordance(fit.regression)
            known = (
                f"SE {error:.3f}" if error > 0 else "every pair is in order, so its error is not determined"
            )
            yield f"concordance {value:.3f} ({known})"
        else:
            yield "concordance is not computed for start-stop rows or strata"
        tested = {
            term: p_text(t.p_value) for term, t in fit.proportionality.items() if np.isfinite(t.statistic)
        }
        words = ", ".join(f"{term} {p}" for term, p in tested.items()) or "too few events for the test"
        yield f"proportional hazards: {words}"
    elif fit.model != "exponential":
        yield f"scale {fit.regression.scale:.4g}"


def tables(answer) -> tuple[Table, ...]:
    """Groups by exposure, then the coefficients of the regression."""
    fit: TimeFit = answer.fit
    if fit.regression is None:
        return (_groups(fit),)
    rows = tuple(
        (row["term"], Cell(short(row["estimate"]), row["estimate"]), Cell(short(row["se"]), row["se"]),
         Cell(f"{short(row['low'])} to {short(row['high'])}"))
        for row in coefficients(fit)
    )  # fmt: skip
    header = ("term", "estimate", "SE", f"{100 * fit.level:g} % interval")
    return _groups(fit), Table("coefficients", header, rows)


def _groups(fit: TimeFit) -> Table:
    """Subjects, events, median and restricted mean time of each group, with intervals."""
    unit = f" ({fit.times.unit})" if fit.times.unit else ""
    level, mean = f"{100 * fit.level:g} %", f"mean to {short(fit.until)}{unit}"
    rows = []
    for g in fit.groups:
        middle = ("not reached", "") if np.isnan(g.median.value) else (short(g.median.value), _ends(g.median))
        ends = f"{short(g.mean.low)} to {short(g.mean.high)}" if np.isfinite(g.mean.low) else "not determined"
        rows.append((g.label, cell(g.n), cell(g.events), *map(Cell, middle), cell(g.mean.value), Cell(ends)))
    header = (fit.sample.exposure_name, "n", "events", f"median{unit}", level, mean, level)
    return Table("groups by exposure", header, tuple(rows))


def table(answer):
    """The Kaplan-Meier curve of every group as one table."""
    import pandas as pd

    columns = ("time", "at_risk", "events", "censored", "survival", "error", "low", "high")
    made = []
    for g in answer.fit.groups:
        made.append(pd.DataFrame({"exposure": g.label, **{name: getattr(g.curve, name) for name in columns}}))
    return pd.concat(made, ignore_index=True)


def figure(answer):
    """The picture of the curves."""
    from livingdrug.plots import plot_survival

    return plot_survival(answer.fit)
