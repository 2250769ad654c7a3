"""What `livingdrug fit --out` keeps beside the numbers: checks, pictures, the scenario, a report."""

from pathlib import Path

import numpy as np

from livingdrug.core.export import write_csv
from livingdrug.data.endpoints import RESPONSES
from livingdrug.fit.groups import Groups, compare_groups
from livingdrug.fit.individual_curves import curves_of
from livingdrug.fit.npde import FEWEST, npde
from livingdrug.fit.result import FitResult
from livingdrug.fit.vpc import vpc
from livingdrug.plots.fits import (
    ACROSS,
    DOWN,
    plot_etas,
    plot_groups,
    plot_individuals,
    plot_iwres,
    plot_observed,
    plot_trace,
)
from livingdrug.plots.predictive import plot_npde, plot_vpc
from livingdrug.report.fits import fit_report
from livingdrug.report.html import write_report
from livingdrug.report.pictures import save
from livingdrug.scenario.fit import Fit
from livingdrug.scenario.fitted import keep_scenario

VPC_REPLICATES, NPDE_REPLICATES = 300, 1000
PAGES = 4  # of individual curves; curves.csv has all subjects
RESPONDED = ("sCR", "CR", "CRi", "CRh", "VGPR", "PR", "responder")
UNKNOWN = ("", "NE", "nan")


def keep_fit(scenario: Fit, result: FitResult, folder: str) -> None:
    """Write scenario.toml, vpc.csv, npde.csv, curves.csv, groups.csv (where the data know the response), pictures and
    report.html into the folder of a fit."""
    path, problem = Path(folder), result.problem
    keep_scenario(scenario, folder)
    check = vpc(problem, VPC_REPLICATES, scenario.seed)
    most = int(np.unique(result.predictions.subject.astype(str), return_counts=True)[1].max())
    errors = npde(problem, max(NPDE_REPLICATES, 2 * most, FEWEST), scenario.seed)
    curves, groups = curves_of(result), responders(result)
    write_csv(check.table(), path / "vpc.csv")
    write_csv(errors.table(), path / "npde.csv")
    write_csv(curves.table(), path / "curves.csv")
    if groups is not None:
        write_csv(groups.table(), path / "groups.csv")
    shown = {}

    def keep(name: str, figure, caption: str, reported: bool = True) -> None:
        save(figure, str(path / "pictures"), name)
        if reported:
            shown[name] = (caption, (path / "pictures" / f"{name}.svg").read_text(encoding="utf-8"))

    _of_data(keep, result, check, errors)
    if len(result.trace):
        keep("trace", plot_trace(result), "Every estimated number over the iterations, on the scale of its estimation.")
    if problem.random:
        keep("etas", plot_etas(result), "Individual effects over their standard deviation; shrinkage is what the data lack "
             "to tell subjects apart.")  # fmt: skip
    if groups is not None:
        keep("responders", plot_groups(groups), "Individual parameters of responders over those of non-responders.")
    subjects, page = list(result.individuals.subjects), ACROSS * DOWN
    for k in range(min(-(-len(subjects) // page), PAGES)):
        keep(f"individuals-{k + 1}", plot_individuals(result, curves, subjects[k * page : (k + 1) * page]),
             "Values of the first subjects, with the typical and their own curve.", k == 0)  # fmt: skip
    write_report(fit_report(result, shown, check, errors, groups, scenario.purpose), path / "report.html")


def _of_data(keep, result: FitResult, check, errors) -> None:
    """Pictures of each output."""
    outputs = list(dict.fromkeys(result.predictions.output.tolist()))
    for number, output in enumerate(outputs, 1):
        end = f"-{number}" if len(outputs) > 1 else ""
        keep(f"observed{end}", plot_observed(result, output), "Measured values against predictions.")
        weighted = result.predictions.iwres[result.predictions.output == output]
        if np.isfinite(weighted).any():  # values below a limit have none
            keep(f"residuals{end}", plot_iwres(result, output),
                 "Individual weighted residuals: N(0, 1) where the error holds.")  # fmt: skip
        keep(f"npde{end}", plot_npde(errors, output), "Prediction distribution errors: N(0, 1) where the model holds.")
    for k in range(len(check.panels)):
        end = f"-{k + 1}" if len(check.panels) > 1 else ""
        keep(f"vpc{end}", plot_vpc(check, k), "Visual predictive check: percentiles of the data should lie in the bands.")


def responders(result: FitResult) -> Groups | None:
    """Responders beside non-responders, where the data have a covariate RESPONSE with two or more subjects of each."""
    known = {name.upper(): name for name in result.problem.data.covariates}
    if "RESPONSE" not in known:
        return None
    data, fitted = result.problem.data, set(result.individuals.subjects)
    texts = [str(t) for s, t in zip(data.subjects, data.covariates[known["RESPONSE"]], strict=True) if s in fitted]
    if not set(texts) <= {*RESPONSES, *UNKNOWN}:
        return None
    first = [level for level in dict.fromkeys(texts) if level in RESPONDED]
    second = [level for level in dict.fromkeys(texts) if level not in (*RESPONDED, *UNKNOWN)]
    if min(sum(t in first for t in texts), sum(t in second for t in texts)) < 2:
        return None
    return compare_groups(result, known["RESPONSE"], sorted(first), sorted(second))
