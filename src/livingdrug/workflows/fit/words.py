"""What a fit says: parameters in words and numbers, objective, what the data determine, what its checks
and pictures show."""

from livingdrug.core.versions import versions
from livingdrug.data import check, check_endpoints
from livingdrug.fit import FitProblem, FitResult, Groups, Npde, Objective, OutcomeCheck, Uncertainty, Vpc
from livingdrug.fit.outcome_words import infusate_sentences, outcome_sentences
from livingdrug.fit.store import CONVENTIONS, data_hash
from livingdrug.fit.words import (
    BESIDE,
    PATH,
    beside_rows,
    identifiability_sentences,
    interval_words,
    number,
    parameter_sentences,
    path_rows,
)
from livingdrug.report import Answer, Part, Picture, Table, model_card
from livingdrug.workflows.fit.plan import fit_problem
from livingdrug.workflows.fit.scenario import Fit
from livingdrug.workflows.tables import checks_of, hashes

VERDICTS = {
    "converged": "The fit converged.",
    "not_converged": "The fit did not converge; its numbers are no estimates yet.",
    "not_determined": "The fit converged; the data do not determine every number.",
    "better_from_another_start": "A better optimum was found from another start; these numbers are not the best.",
}


def fit_answer(
    scenario: Fit,
    result: FitResult,
    more: Uncertainty,
    parts: tuple[Part, ...] = (),
    missing: tuple[str, ...] = (),
) -> Answer:
    """The answer of a fit. parts: what its checks and pictures show; missing: what could not be made, and
    why."""
    model, data = result.problem.model, result.problem.data
    determined = Part(
        "determined", "What the data determine", (*more.profile_words(), *identifiability_sentences(result))
    )
    return Answer(
        title=f"{model.full_name} fitted to {data.name} by {result.method}",
        question=f"Which numbers of {model.full_name} describe {data.name}, and how do subjects differ?",
        sentences=(*verdict_sentences(result), *parameter_sentences(result), *outcome_sentences(result)),
        flags=(*result.notes, *infusate_sentences(result), *missing),
        tables=(_numbers(result),),
        parts=(determined, *_few(result), _objective(result), *parts, _started(result)),
        cards=(model_card(model),),
        data=hashes(scenario),
        seed=scenario.seed,
        **data_checks(scenario, _used(result)),
    )


def _few(result: FitResult) -> tuple[Part, ...]:
    """Of few subjects: what was borrowed, and which numbers the data carry."""
    parts = []
    if result.beside:
        point = "Where the data alone do not determine a number, its value is that of the prior for the most part."
        table = Table("borrowed", BESIDE, beside_rows(result))
        parts.append(Part("borrowed", "Prior, data alone and both", (point,), (table,)))
    if result.path or result.advice:
        tables = (Table("path", PATH, path_rows(result)),) if result.path else ()
        parts.append(
            Part("path", "Which numbers the data carry", (result.advice,) if result.advice else (), tables)
        )
    return tuple(parts)


def verdict_sentences(result: FitResult) -> tuple[str, ...]:
    """The verdict, in its three parts where it has them."""
    return (VERDICTS[result.status], *(result.verdict.sentences if result.verdict else ()))


def evaluation_answer(scenario: Fit, found: Objective, notes: tuple[str, ...]) -> Answer:
    """The answer where the objective is asked for, and nothing is fitted."""
    problem = fit_problem(scenario)
    model, data = problem.model, problem.data
    return Answer(
        title=f"Objective of {model.full_name} for {data.name}",
        question=f"How likely are the values of {data.name} under {model.full_name} at the numbers given?",
        sentences=(f"-2 log likelihood by {found.means}: {found.minus2ll:.4f}. Nothing was fitted.",),
        flags=notes,
        tables=(Table("objective", ("what", "value"), (*_conventions(found), _error(found))),),
        parts=(Part("conventions", "Conventions of the objective", (CONVENTIONS,)),),
        cards=(model_card(model),),
        data=hashes(scenario),
        seed=scenario.seed,
        **data_checks(scenario, (f"SHA-256 of what a fit sees of the data: {data_hash(problem)}.",)),
    )


def data_checks(scenario: Fit, used: tuple[str, ...]) -> dict:
    """`checks` and `check_tables` of an Answer: how the file was read, then what of it is used."""
    parts = [check(scenario.file, scenario.reading())]
    made = checks_of([*parts, check_endpoints(scenario.endpoints)] if scenario.endpoints else parts)
    return {**made, "checks": tuple(dict.fromkeys((*made["checks"], *used)))}


def _used(result: FitResult) -> tuple[str, ...]:
    p, data = result.predictions, result.problem.data
    below, above = int((p.kind == "below").sum()), int((p.kind == "above").sum())
    told = [f"{len(result.individuals.subjects)} subjects with {len(p.time)} values are fitted."]
    if below:
        share = 100 * below / len(p.time)
        told.append(
            f"{below} of them ({share:.0f} %) lie below a limit and count by rule {result.problem.below}."
        )
    if above:
        told.append(f"{above} lie above an upper limit.")
    told += [*data.notes, *([data.conversion] if data.conversion else [])]
    return (*told, f"SHA-256 of what the fit sees of the data: {data_hash(result.started)}.")


def _numbers(result: FitResult) -> Table:
    rows = tuple(
        (
            e.name,
            e.kind,
            number(e.value) if e.determined else "not determined",
            told(e.se),
            told(e.rse, ".1f"),
            "fixed" if e.fixed else interval_words(e),
            told(e.shrinkage, ".0f"),
        )
        for e in result.estimates
    )
    header = ("parameter", "kind", "value", "SE", "RSE %", "95 % interval", "shrinkage %")
    return Table("estimates", header, rows)


def told(value: float | None, form: str = "") -> str:
    """A number as text, nothing for what is absent; what rounds to 0 has no sign."""
    if value is None or value != value:
        return ""
    text = format(value, form) if form else number(value)
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def _conventions(found: Objective) -> tuple[tuple[str, str], ...]:
    return (
        ("-2 log likelihood", f"{found.minus2ll:.3f}"),
        ("the same of logarithms of log-normal values", f"{found.of_logarithms:.3f}"),
        ("as NONMEM prints it", f"{found.nonmem:.3f}"),
    )


def _error(found: Objective) -> tuple[str, str]:
    return "Monte-Carlo standard error", told(found.se) or "none: nothing is sampled"


def _objective(result: FitResult) -> Part:
    found = result.objective
    rows = (
        *_conventions(found),
        _error(found),
        ("estimated numbers", str(result.free)),
        ("AIC", told(result.aic, ".2f")),
        ("BIC", told(result.bic, ".2f")),
        (
            "condition number of the correlations of the estimates",
            told(result.covariance.condition) or "none",
        ),
    )
    errors = result.covariance.reason or result.covariance.method
    points = (f"Computed by {found.means}. {CONVENTIONS}", f"Standard errors: {errors}.")
    return Part("objective", "Objective", points, (Table("objective", ("what", "value"), rows),))


def outside_text(found: Vpc) -> str:
    """How many percentiles of the data lie outside the model's intervals, beside how many would by chance."""
    out, everything = found.outside()
    expected = (1 - found.width / 100) * everything
    drawn = f" of {found.draws:,} draws of the posterior" if found.draws else ""
    return (
        f"{out} of {everything} percentiles of the data lie outside the model's {found.width:g} % intervals "
        f"(about {expected:.1f} would by chance; {found.replicates:,} replicates{drawn})"
    )


def vpc_part(found: Vpc, names: list[str]) -> Part:
    """A predictive check, with the pictures of these names."""
    title = "Prediction-corrected visual predictive check" if found.corrected else "Visual predictive check"
    shown = [", ".join(filter(None, (p.output.replace("_", " "), p.group))) for p in found.panels]
    pictures = tuple(
        Picture(name, f"Percentiles of the data should lie in the bands of the model: {what}.")
        for name, what in zip(names, shown, strict=True)
    )
    key = "pcvpc" if found.corrected else "vpc"
    return Part(key, title, (f"{outside_text(found)}.",), pictures=pictures, detail=True)


def npde_part(found: Npde, names: list[str]) -> Part:
    """Prediction distribution errors, with the pictures of these names."""
    points = (
        "Normalised prediction distribution errors are N(0, 1) where the model holds; p values are of "
        "that, the last corrected for three tests. Values below the limit are imputed below it.",
    )
    table = found.tests()
    rows = tuple((str(r[0]), str(r[1]), *(f"{v:.3g}" for v in r[2:])) for r in table.itertuples(index=False))
    pictures = tuple(
        Picture(name, f"Prediction distribution errors of {output}: N(0, 1) where the model holds.")
        for name, output in zip(names, table["output"], strict=True)
    )
    tables = (Table("tests", tuple(table.columns), rows),)
    return Part("npde", "Prediction distribution errors", points, tables, pictures, detail=True)


def interval_part(more: Uncertainty, table, pictures: tuple[Picture, ...] = ()) -> Part:
    """Intervals side by side."""
    rows = tuple(
        (
            r.parameter,
            r.method,
            number(r.value),
            told(r.lower) or "not bounded",
            told(r.upper) or "not bounded",
        )
        for r in table.itertuples()
    )
    shown = Table("95 % intervals", ("parameter", "by", "value", "lower", "upper"), rows)
    return Part("intervals", "Intervals, each by its own way", more.resampling_words(), (shown,), pictures)


def outcome_part(found: OutcomeCheck, pictures: tuple[Picture, ...] = ()) -> Part:
    """Outcomes by tercile of exposure: observed beside expected."""
    points = (
        found.words,
        "The exposure of a subject, and what is expected of it, are known from its samples alone, not from "
        "its outcome.",
        *found.notes,
    )
    rows = tuple(
        (t.outcome, t.what, f"{t.driver} {number(t.start)} to {number(t.end)}", str(t.n), number(t.observed),
         f"{number(t.expected)} ({number(t.lower)} to {number(t.upper)})", "" if t.inside else "outside")
        for t in found.terciles
    )  # fmt: skip
    header = ("outcome", "of", "exposure", "subjects", "observed", "expected (90 %)", "")
    tables = (Table("outcomes by tercile of exposure", header, rows),) if rows else ()
    return Part("outcomes", "Outcomes observed and expected", points, tables, pictures)


def group_part(groups: Groups) -> Part:
    """Responders beside non-responders."""
    one, other = groups.names
    points = (
        f"Individual parameters of {one} (n {groups.sizes[0]}) beside those of {other} (n "
        f"{groups.sizes[1]}), with {groups.width:g} % intervals. A difference of groups is an association, "
        "not an effect of the parameter on the outcome.",
        *groups.notes,
    )
    rows = tuple(
        (d.parameter, d.measure, *(number(v) for v in (*d.centre, d.value, d.low, d.high)), f"{d.p:.2g}",
         told(d.shrinkage, ".0f"), d.caveat)
        for d in groups.differences
    )  # fmt: skip
    header = ("parameter", "measure", one, other, "value", "low", "high", "p", "shrinkage %", "caution")
    picture = Picture("responders", "Individual parameters of the first group over those of the second.")
    tables = (Table("differences", header, rows),)
    return Part("groups", f"Groups by {groups.covariate}", points, tables, (picture,), detail=True)


def start_rows(problem: FitProblem) -> list[tuple[str, str]]:
    """Where every number started."""
    own = [p for p in problem.parameters if not p.changes]
    rows = [
        (f"start of {p.name}", f"{number(p.value)}, scale {p.scale}" + (", fixed" if p.fixed else ""))
        for p in own
    ]
    spreads = {p.variability_name: f"{p.sd:.3g}" + (", fixed" if p.sd_fixed else "") for p in problem.random}
    rows += [(f"start of {name}", text) for name, text in spreads.items()]
    rows += [
        (f"start of {n.name}", f"{number(n.value)}, x = {o.driver.words}")
        for o in problem.outcomes
        for n in o.numbers
    ]
    return rows + [(f"residual error of {r.output}", r.kind) for r in problem.residuals]


def _started(result: FitResult) -> Part:
    known = versions()
    rows = [
        *start_rows(result.started),
        *((str(k), str(v)) for k, v in result.settings.items() if k not in known),
    ]
    return Part(
        "started",
        "Where the fit started, and how it went on",
        (f"Method: {result.method}.",),
        (Table("start and settings of the method", ("setting", "value"), tuple(rows)),),
        detail=True,
    )
