"""The report of a fit: question, data, settings, parameters in words, objective, pictures, what the data determine."""

from collections.abc import Mapping

from livingdrug.fit.groups import Groups
from livingdrug.fit.npde import Npde
from livingdrug.fit.result import FitResult
from livingdrug.fit.store import CONVENTIONS, data_hash, parameter_table
from livingdrug.fit.vpc import Vpc
from livingdrug.fit.words import identifiability_sentences, number, parameter_sentences
from livingdrug.report.document import NOT_STATED, risk_table
from livingdrug.report.html import Report, Section, drawing, versions
from livingdrug.scenario.purpose import Purpose

TITLES = {
    "observed": "Observed against predicted", "residuals": "Residuals", "npde": "Prediction distribution errors",
    "vpc": "Visual predictive check", "trace": "Course of the fit", "etas": "Effects of subjects",
    "responders": "Responders against non-responders", "individuals": "Subjects",
}  # fmt: skip
VERDICTS = {
    "converged": "The fit converged.",
    "not_converged": "The fit did not converge; its numbers are no estimates yet.",
    "at_bound_or_singular": "The fit ended at a bound, or its information is singular: see the notes.",
    "better_from_another_start": "A better optimum was found from another start; these numbers are not the best.",
    "interrupted": "The fit was interrupted.",
}


def fit_report(
    result: FitResult, pictures: Mapping[str, tuple[str, str]], vpc: Vpc | None = None, npde: Npde | None = None,
    groups: Groups | None = None, purpose: Purpose | None = None,
) -> Report:  # fmt: skip
    """A report for `write_report`. pictures: name -> (sentence that says what it shows, SVG text), shown in order."""
    problem = result.problem
    words, limits = parameter_sentences(result), identifiability_sentences(result)
    name, purpose = problem.model.full_name, purpose or Purpose()
    asked = purpose.question or f"Which numbers of {name} describe {problem.data.name}, and how do subjects differ?"
    sections = [
        Section("question", "Question of interest", [asked]),
        Section("context", "Context of use", [purpose.context_of_use or NOT_STATED.format("context_of_use")]),
        Section("influence", "Model influence, risk and impact", tables=[risk_table(purpose.model_dump())]),
        Section("data", "Data and their checks", points=_data(result)),
        Section("parameters", "Results: parameters", points=words, tables=[_numbers(result)]),
        Section("determined", "What the data determine", points=limits),
        _objective(result),
        Section("checks", "Model evaluation: does it describe the data?", points=_checks(vpc, npde), tables=_tests(npde)),
    ]
    for key, (caption, svg) in pictures.items():
        sections.append(Section(key, _title(key), pictures=[drawing(key, svg, caption)]))
    if groups is not None:
        sections.append(_groups(groups))
    sections.append(Section("started", "Analysis settings", [f"Method: {result.method}."], tables=[_settings(result)]))
    summary = [VERDICTS[result.status], *result.notes]
    settings = {"data SHA-256": data_hash(problem), **versions()}
    return Report(f"{name} fitted to {problem.data.name}", summary, sections, settings)


def _title(name: str) -> str:
    """Heading of a picture: its name without the number of an output or a page, and the number where there is one."""
    kind, _, number = name.partition("-")
    title = TITLES.get(kind, kind.replace("_", " ").capitalize())
    return f"{title} ({number})" if number else title


def _data(result: FitResult) -> list[str]:
    p, data = result.predictions, result.problem.data
    below, above = int((p.kind == "below").sum()), int((p.kind == "above").sum())
    told = [f"{len(result.individuals.subjects)} subjects with {len(p.time)} values of {data.name}."]
    if below:
        share = 100 * below / len(p.time)
        told.append(f"{below} of them ({share:.0f} %) lie below a limit and count by rule {result.problem.below}.")
    if above:
        told.append(f"{above} lie above an upper limit.")
    return [*told, *data.notes, *([data.bridge] if data.bridge else [])]


def _numbers(result: FitResult):
    table = parameter_table(result)
    rows = [
        (row.parameter, row.kind, number(row.value), "fixed" if row.fixed else _told(row.se), _told(row.rse, ".1f"),
         _told(row.shrinkage, ".0f"))
        for row in table.itertuples()
    ]  # fmt: skip
    return "estimates", ("parameter", "kind", "value", "SE", "RSE %", "shrinkage %"), rows


def _told(value: float, form: str = ".3g") -> str:
    if value != value:
        return ""
    return number(value) if form == ".3g" else format(value, form)


def _objective(result: FitResult) -> Section:
    found = result.objective
    rows = [
        ("-2 log likelihood", f"{found.minus2ll:.3f}"),
        ("the same of logarithms of log-normal values", f"{found.of_logarithms:.3f}"),
        ("as NONMEM prints it", f"{found.nonmem:.3f}"),
        ("Monte-Carlo standard error", _told(float("nan") if found.se is None else found.se)),
        ("estimated numbers", str(result.free)), ("AIC", f"{result.aic:.2f}"), ("BIC", f"{result.bic:.2f}"),
        ("condition number", _told(float("nan") if result.covariance.condition is None else result.covariance.condition)),
    ]  # fmt: skip
    errors = result.covariance.reason or result.covariance.method
    text = [f"Computed by {found.method}. {CONVENTIONS}", f"Standard errors: {errors}."]
    return Section("objective", "Objective", points=text, tables=[("objective", ("what", "value"), rows)])


def _checks(vpc: Vpc | None, npde: Npde | None) -> list[str]:
    told = []
    if vpc is not None:
        out, everything = vpc.outside()
        told.append(f"Visual predictive check: {out} of {everything} percentiles of the data lie outside the "
                    f"{vpc.width:g} % intervals of {vpc.replicates} simulated trials (about "
                    f"{(1 - vpc.width / 100) * everything:.1f} would by chance).")  # fmt: skip
    if npde is not None:
        told.append(
            "Normalised prediction distribution errors are N(0, 1) where the model holds; p values are of that, the last "
            "corrected for three tests. Values below the limit are imputed below it."
        )
    return told


def _tests(npde: Npde | None):
    if npde is None:
        return ()
    table = npde.tests()
    rows = [(str(r[0]), str(r[1]), *(f"{v:.3g}" for v in r[2:])) for r in table.itertuples(index=False)]
    return [("npde", tuple(table.columns), rows)]


def _groups(groups: Groups) -> Section:
    one, other = groups.names
    text = [f"Individual parameters of {one} (n {groups.sizes[0]}) beside those of {other} (n {groups.sizes[1]}), with "
            f"{groups.width:g} % intervals. A difference of groups is an association, not an effect of the parameter on the "
            "outcome.", *groups.notes]  # fmt: skip
    rows = [
        (d.parameter, d.measure, *(number(v) for v in (*d.centre, d.value, d.low, d.high)), f"{d.p:.2g}",
         _told(d.shrinkage, ".0f"), d.caveat)
        for d in groups.differences
    ]  # fmt: skip
    header = ("parameter", "measure", one, other, "value", "low", "high", "p", "shrinkage %", "caution")
    return Section("groups", f"Groups by {groups.covariate}", text, tables=[("differences", header, rows)])


def _settings(result: FitResult):
    start, scale = result.started, {p.name: p.scale for p in result.problem.parameters}
    rows = [(f"start of {p.name}", f"{number(p.value)}, scale {scale[p.name]}" + (", fixed" if p.fixed else ""))
            for p in start.parameters]  # fmt: skip
    rows += [(f"start of the spread of {p.name}", f"{p.sd:.3g}" + (", fixed" if p.sd_fixed else "")) for p in start.random]
    rows += [(f"residual error of {r.output}", r.kind) for r in start.residuals]
    rows += [(str(k), str(v)) for k, v in result.settings.items()]
    return "settings", ("setting", "value"), rows
