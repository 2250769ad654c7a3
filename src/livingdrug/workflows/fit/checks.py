"""The folder of a fit beside its scenario, script and report: numbers, checks, pictures."""

from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.export import write_csv, write_text
from livingdrug.data import RESPONSES
from livingdrug.fit import (
    FitResult,
    Groups,
    Npde,
    OutcomeCheck,
    Posterior,
    Sampled,
    Uncertainty,
    Vpc,
    as_model,
    compare_groups,
    correlation_table,
    covariate_relations,
    curves_of,
    eta_correlations,
    npde,
    outcome_check,
    relation_table,
    sampled_parameters,
    vpc,
    with_conditional_residuals,
)
from livingdrug.fit.groups import SHRUNK
from livingdrug.fit.npde import FEWEST
from livingdrug.fit.sampled import DRAWS, POOL
from livingdrug.fit.store import write_result
from livingdrug.models import MODEL_FILE, to_toml
from livingdrug.plots import (
    plot_covariates,
    plot_eta_pairs,
    plot_etas,
    plot_groups,
    plot_individuals,
    plot_intervals,
    plot_likelihoods,
    plot_npde,
    plot_observed,
    plot_outcomes,
    plot_residuals,
    plot_trace,
    plot_vpc,
)
from livingdrug.plots.fits import ACROSS, DOWN
from livingdrug.report import Answer, Part, Picture, save
from livingdrug.workflows.fit.relations import correlation_part, covariate_part
from livingdrug.workflows.fit.scenario import Fit
from livingdrug.workflows.fit.words import (
    fit_answer,
    group_part,
    interval_part,
    npde_part,
    outcome_part,
    vpc_part,
)

VPC_REPLICATES, NPDE_REPLICATES = 300, 1000
ACROSS_COVARIATES, MOST_COVARIATES = 4, 8  # of a figure, and of all figures; covariates.csv has all
RESPONDED = ("sCR", "CR", "CRi", "CRh", "VGPR", "PR", "responder")
UNKNOWN = ("", "NE", "nan")


def keep_fit(scenario: Fit, result: FitResult, folder: str | Path, more: Uncertainty | None = None) -> Answer:
    """Write the numbers of a fit, its checks and pictures into a folder, and say what they hold.

    A check that cannot be made is a flag: the fit stands without it.
    """
    path, more, result = Path(folder), more or Uncertainty(), with_conditional_residuals(result)
    write_result(result, path, _of_checks(scenario, result))
    pictures = path / "pictures"
    parts, missing = [], [*more.notes, *keep_model(result, path)]
    for what, made in (("visual predictive check", _vpc), ("prediction distribution errors", _npde)):
        try:
            parts.append(made(scenario, result, path))
        except InputError as error:
            missing.append(f"{what}: not made: {error}")
    seen = outcome_check(result, scenario.seed)
    if seen:
        parts.append(_outcomes(seen, path))
    if more.asked:
        parts.append(_intervals(more, result, path))
    parts += _of_data(result, pictures)
    if len(result.trace):
        save(plot_trace(result), pictures, "trace")
        caption = "Every estimated number over the iterations, on the scale of its estimation."
        parts.append(_shown("course", "Course of the fit", "trace", caption))
    if result.problem.random:
        save(plot_etas(result), pictures, "etas")
        caption = (
            "Effects over their standard deviation; shrinkage is what the data lack to tell subjects apart."
        )
        parts.append(_shown("etas", "Effects of subjects", "etas", caption))
    try:
        relations, said = _relations(scenario, result, path)
        parts, missing = [*parts, *relations], [*missing, *said]
    except InputError as error:
        missing.append(f"sampled individual parameters: not made: {error}")
    groups = responders(result)
    if groups is not None:
        write_csv(groups.table(), path / "groups.csv")
        save(plot_groups(groups), pictures, "responders")
        parts.append(group_part(groups))
    parts.append(_individuals(scenario, result, path))
    return fit_answer(scenario, result, more, tuple(parts), tuple(missing))


def keep_model(found: FitResult | Posterior, path: Path) -> tuple[str, ...]:
    """Write model.toml, by which the fit is a model from then on; why not, and what is to be doubted of
    it."""
    try:
        model = as_model(found)
        write_text(to_toml(model), path / MODEL_FILE)
    except LivingdrugError as error:
        return (f"{MODEL_FILE}: not made: {error}",)
    if not model.doubts:
        return ()
    return (f"{MODEL_FILE} is marked: the fit is not sound, so it is taken as a model only with --even-so",)


def _shown(key: str, title: str, name: str, caption: str) -> Part:
    return Part(key, title, pictures=(Picture(name, caption),), detail=True)


def _vpc(scenario: Fit, result: FitResult, path: Path) -> Part:
    return keep_vpc(vpc(result.problem, VPC_REPLICATES, scenario.seed), path)


def keep_vpc(found: Vpc, path: Path) -> Part:
    """Write the numbers and pictures of a predictive check, and say what they show."""
    name = "pcvpc" if found.corrected else "vpc"
    write_csv(found.table(), path / f"{name}.csv")
    names = numbered(name, len(found.panels))
    for k, own in enumerate(names):
        save(plot_vpc(found, k), path / "pictures", own)
    return vpc_part(found, names)


def numbered(name: str, count: int) -> list[str]:
    """Names of pictures: one has no number."""
    return [name] if count == 1 else [f"{name}-{k + 1}" for k in range(count)]


def _replicates(result: FitResult) -> int:
    """Of prediction distribution errors: enough for the subject with the most records."""
    most = int(np.unique(result.predictions.subject.astype(str), return_counts=True)[1].max())
    return max(NPDE_REPLICATES, 2 * most, FEWEST)


def _of_checks(scenario: Fit, result: FitResult) -> dict:
    """Every setting of the checks, for settings.json."""
    return {
        "seed": scenario.seed,
        "vpc_replicates": VPC_REPLICATES,
        "npde_replicates": _replicates(result),
        "sampled_draws": DRAWS,
        "sampled_from_weighted_draws": POOL,
        "shrinkage_above_which_draws_are_shown_percent": SHRUNK,
        "p_value_correction": "Holm",
        "individual_curves": scenario.individuals,
    }


def _npde(scenario: Fit, result: FitResult, path: Path) -> Part:
    found: Npde = npde(result.problem, _replicates(result), scenario.seed)
    write_csv(found.table(), path / "npde.csv")
    outputs = list(dict.fromkeys(result.predictions.output.tolist()))
    names = numbered("npde", len(outputs))
    for output, own in zip(outputs, names, strict=True):
        save(plot_npde(found, output), path / "pictures", own)
    return npde_part(found, names)


def _intervals(more: Uncertainty, result: FitResult, path: Path) -> Part:
    """Intervals side by side, profiles, and the refits and vectors behind them."""
    import pandas as pd

    table, pictures = more.table(result), []
    write_csv(table, path / "intervals.csv")
    if more.profiles:
        rows = [
            (p.name, v, r)
            for p in more.profiles
            for v, r in zip(p.values.tolist(), p.rise.tolist(), strict=True)
        ]
        write_csv(
            pd.DataFrame(rows, columns=["parameter", "value", "rise_of_minus2ll"]), path / "profiles.csv"
        )
        save(plot_likelihoods(more.profiles, result), path / "pictures", "profiles")
        pictures.append(Picture("profiles", "Rise of -2 log likelihood where one number is fixed and all "
                                            "others are fitted "
                                "again; the line is the 95 % level."))  # fmt: skip
    for name, found in (("bootstrap", more.bootstrap), ("sir", more.sir)):
        if found is not None:
            write_csv(pd.DataFrame(found.estimates, columns=list(found.names)), path / f"{name}.csv")
    save(plot_intervals(table), path / "pictures", "intervals")
    pictures.append(
        Picture(
            "intervals", "95 % intervals of every number over its estimate, by each way that was asked for."
        )
    )
    return interval_part(more, table, tuple(pictures))


def _outcomes(found: OutcomeCheck, path: Path) -> Part:
    """Observed beside expected outcomes by tercile of exposure."""
    if not found.terciles:
        return outcome_part(found)
    write_csv(found.table(), path / "outcomes.csv")
    save(plot_outcomes(found), path / "pictures", "outcomes")
    caption = (
        "Observed outcomes should lie in the intervals of the fit, in every tercile of the individual "
        "exposure."
    )
    return outcome_part(found, (Picture("outcomes", caption),))


def _of_data(result: FitResult, pictures: Path) -> list[Part]:
    """Values against predictions, and weighted residuals, of each output."""
    outputs = list(dict.fromkeys(result.predictions.output.tolist()))
    observed, residuals = [], []
    for output, one, other in zip(
        outputs, *(numbered(n, len(outputs)) for n in ("observed", "residuals")), strict=True
    ):
        save(plot_observed(result, output), pictures, one)
        observed.append(Picture(one, f"Measured values of {output} against predictions."))
        weighted = result.predictions.iwres[result.predictions.output == output]
        if np.isfinite(weighted).any():  # values below a limit have none
            save(plot_residuals(result, output), pictures, other)
            caption = (
                f"Individual (IWRES) and conditional (CWRES) weighted residuals of {output}: N(0, 1) where "
                "residual error and model hold. Values below a limit have none; where many are censored, "
                "CWRES of measured values near the limit lie above 0, and prediction distribution errors, "
                "which impute, are to be looked at."
            )
            residuals.append(Picture(other, caption))
    parts = [Part("observed", "Observed against predicted", pictures=tuple(observed))]
    return parts + ([Part("residuals", "Residuals", pictures=tuple(residuals))] if residuals else [])


def _individuals(scenario: Fit, result: FitResult, path: Path) -> Part:
    """Pages of individual curves: the first one, which the report has, or all that were asked for."""
    curves = curves_of(result)
    write_csv(curves.table(), path / "curves.csv")
    subjects, page = list(result.individuals.subjects), ACROSS * DOWN
    pages = -(-len(subjects) // page) if scenario.individuals == "all" else 1
    for k in range(pages):
        figure = plot_individuals(result, curves, subjects[k * page : (k + 1) * page])
        save(figure, path / "pictures", f"individuals-{k + 1}")
    rest = (
        ""
        if len(subjects) <= page
        else (
            f" The other pages lie in the folder, individuals-2 to {pages}."
            if pages > 1
            else f" curves.csv has all {len(subjects)}; --individuals all draws them."
        )
    )
    caption = (
        f"Values of the first {min(page, len(subjects))} subjects, with the typical and their own "
        f"curve.{rest}"
    )
    return _shown("individuals", "Subjects", "individuals-1", caption)


def _relations(scenario: Fit, result: FitResult, path: Path) -> tuple[list[Part], tuple[str, ...]]:
    """Sampled individual parameters, and what is seen in them: (parts, cautions)."""
    sampled = sampled_parameters(result, seed=scenario.seed)
    if sampled is None:
        return [], ()
    write_csv(sampled.table(), path / "sampled.csv")
    parts, pairs = [], eta_correlations(sampled, result.problem)
    if pairs:
        write_csv(correlation_table(pairs), path / "correlations.csv")
        save(plot_eta_pairs(pairs, sampled), path / "pictures", "correlations")
        parts.append(correlation_part(pairs, sampled))
    return [*parts, *_covariates(result, sampled, path)], sampled.notes


def _covariates(result: FitResult, sampled: Sampled, path: Path) -> list[Part]:
    """Individual parameters over covariates, where the data have any."""
    relations = covariate_relations(result, sampled)
    if not relations:
        return []
    write_csv(relation_table(relations), path / "covariates.csv")
    names = list(dict.fromkeys(r.covariate for r in relations))
    logs = [p.name for p in result.problem.random if p.scale == "log"]
    shown = [
        names[k : k + ACROSS_COVARIATES]
        for k in range(0, min(len(names), MOST_COVARIATES), ACROSS_COVARIATES)
    ]
    figures = numbered("covariates", len(shown))
    for own, mine in zip(figures, shown, strict=True):
        save(plot_covariates(relations, mine, logs), path / "pictures", own)
    return [covariate_part(relations, sampled, dict(zip(figures, shown, strict=True)))]


def responders(result: FitResult) -> Groups | None:
    """Responders beside non-responders, where the data have a covariate RESPONSE with two or more subjects of
    each."""
    known = {name.upper(): name for name in result.problem.data.covariates}
    if "RESPONSE" not in known:
        return None
    data, fitted = result.problem.data, set(result.individuals.subjects)
    texts = [
        str(t) for s, t in zip(data.subjects, data.covariates[known["RESPONSE"]], strict=True) if s in fitted
    ]
    if not set(texts) <= {*RESPONSES, *UNKNOWN}:
        return None
    first = [level for level in dict.fromkeys(texts) if level in RESPONDED]
    second = [level for level in dict.fromkeys(texts) if level not in (*RESPONDED, *UNKNOWN)]
    if min(sum(t in first for t in texts), sum(t in second for t in texts)) < 2:
        return None
    return compare_groups(result, known["RESPONSE"], sorted(first), sorted(second))
