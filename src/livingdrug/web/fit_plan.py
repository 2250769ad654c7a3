"""What is to be fitted: model, method, which parameters differ between subjects, and what becomes of it in
words."""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.data import check
from livingdrug.fit import FitProblem, design_of
from livingdrug.fit.text import read_names
from livingdrug.fit.words import number
from livingdrug.models import Model, Quantity, build_model, get_model, list_fragments
from livingdrug.report import Table
from livingdrug.web.address import to_query
from livingdrug.web.files import BRIDGE, READING, by_their_names, found_in_file, in_fields
from livingdrug.web.forms import Entry
from livingdrug.web.jobs import RUNNING
from livingdrug.web.limits import check_fit, fit_methods
from livingdrug.web.model_choice import choices
from livingdrug.web.parts import attribute, choice, field, points, problem, table
from livingdrug.web.work import Work
from livingdrug.workflows import TableScenario
from livingdrug.workflows.fit.plan import planned_fit
from livingdrug.workflows.fit.spec import Fit

PATH = "/fit"
DIFFERS, SAME, HELD = "differs", "same", "held"
ROLES = ((DIFFERS, "random effect (IIV)"), (SAME, "no random effect"), (HELD, "fixed"))
BELOW = (
    ("m3", "M3: likelihood of BLQ"), ("m4", "M4: the same, values being positive"), ("m1", "M1: left out"),
    ("m5", "M5: half the limit"), ("m6", "M6: half the limit, once in a run"), ("m7", "M7: zero"),
)  # fmt: skip
STARTS = (
    ("published", "the published values, or those above"), ("data", "from the curves (models with a lag, peak and slopes)"),
)  # fmt: skip
RESIDUAL = "[output=]kind:a,b; kinds additive:a, proportional:b, combined:a,b, combined_squares:a,b, lognormal:a"
ENTRIES = (
    Entry("method", "Method", choices=tuple(fit_methods().items())),
    Entry("start", "Initial estimates of typical values", choices=STARTS),
    Entry("below", "BLQ values", "M1 and M5 to M7 are there to see what they do", choices=BELOW),
    Entry("residual", "Residual error", f"empty: the published one; else {RESIDUAL}; a semicolon between two", apart=";"),
)  # fmt: skip
MORE = (
    Entry("fragments", "Mechanisms joined to the model", f"semicolons between: {', '.join(list_fragments())}", apart=";"),
    Entry("covariate", "Covariates", "such as WT on c_max; a semicolon between two", apart=";"),
    Entry("outcome", "Outcomes in the same fit", "such as CRS=ordered:log(CMAX); a semicolon between two", apart=";"),
    Entry("correlated", "Correlated random effects", "such as c_max,alpha; a semicolon between two groups", apart=";"),
    Entry("occasions", "Inter-occasion variability (IOV)", "such as c_max=0.3; a semicolon between two", apart=";"),
    Entry("smooth", "Width of smooth breakpoints", "of pieces of a formula; 0: exact; empty: as the method needs"),
    Entry("starts", "Sets of initial estimates", "up to 10; empty: as the method needs"),
    Entry("seed", "Seed"),
    BRIDGE,
)


def models(scenario: Fit) -> html.Nav:
    """Links to the models; another model begins with its own parameters."""
    fields = [name for name in TableScenario.model_fields if name not in ("version", "purpose")]
    kept = {name: getattr(scenario, name) for name in fields}
    links = []
    for name, title in choices():
        mark: dict[str, Any] = {"className": "chosen"} if name == scenario.model else {}
        there = to_query(Fit(**kept, model=name, method=scenario.method, below=scenario.below))
        links.append(html.Li(dcc.Link(title, href=f"{PATH}?{there}", **mark)))
    about = html.P([html.B(get_model(scenario.model).title), f" ({scenario.model})"])
    others = html.Details([html.Summary(f"Another model (of {len(links)})"), html.Ul(links)])
    return html.Nav([html.H2("Model"), about, others], **attribute("aria-label", "models"))


def published_spreads(model: Model) -> dict[str, float]:
    """What differs between subjects where a scenario does not say it."""
    return {n: s.sd for n, s in model.populations[0].spreads.items()} if model.populations else {}


def roles_of(scenario: Fit, model: Model) -> dict[str, str]:
    """DIFFERS, SAME or HELD for every parameter that may be fitted."""
    fix = read_names(scenario.fix, "fix")
    random = read_names(scenario.random, "random") or [n for n in published_spreads(model) if n not in fix]
    estimate = read_names(scenario.estimate, "estimate")
    names = [q.name for q in model.quantities if not q.fixed or q.name in random]
    return {n: HELD if n in fix else DIFFERS if n in random else SAME if n in estimate else HELD for n in names}


def with_roles(scenario: Fit, model: Model, roles: Mapping[str, str], values: Mapping[str, float]) -> Fit:
    """The scenario with other roles and values. Raises InputError where nothing would differ although the model has
    published spreads: those would come back."""
    published = published_spreads(model)
    spreads = read_names(scenario.random, "random")
    chosen = [n for n, role in roles.items() if role == DIFFERS]
    if not chosen and published:
        raise InputError("let at least one parameter differ between subjects")
    random = tuple(f"{n}={spreads[n]:g}" if spreads.get(n) is not None else n for n in chosen)
    random = () if random == tuple(n for n in roles if n in published) else random
    estimate = tuple(n for n, role in roles.items() if role == SAME)
    given = {"random": random, "estimate": estimate, "fix": (), "values": dict(values)}
    return Fit(**scenario.model_dump(exclude=set(given)), **given)


def parameters(scenario: Fit, model: Model) -> html.Section:
    """A list of roles and an initial estimate for every parameter, those that are fitted or have a published
    variability first."""
    roles, published = roles_of(scenario, model), model.with_published_values().typical
    first, rest = [], []
    for q in model.quantities:
        if q.name in roles:
            near = roles[q.name] != HELD or q.name in published_spreads(model)
            (first if near else rest).append(_parameter(q, roles[q.name], scenario.values.get(q.name), published[q.name]))
    fitted = sum(role != HELD for role in roles.values())
    said = html.Summary(f"Parameters ({fitted} of {len(roles)} fitted)")
    made = [html.Details([said, *first], open=True)]
    if rest:
        said = html.Summary(f"Parameters that are fixed ({len(rest)})")
        made.append(html.Details([said, *rest], open=not first))
    return html.Section(made, className="left-part")


def _parameter(quantity: Quantity, role: str, value: float | None, published: float) -> html.Div:
    unit = "" if quantity.unit == "1" else f" {quantity.unit}"
    shown = "" if value is None else f"{value:.12g}"
    return html.Div([
        choice({"type": "fit-role", "name": quantity.name}, f"{quantity.name}: {quantity.meaning}", role, ROLES),
        field({"type": "fit-value", "name": quantity.name}, f"initial estimate or fixed value of {quantity.name}", shown,
              f"empty: the published {number(published)}{unit}", type="text"),
    ], className="parameter")  # fmt: skip


def plan(scenario: Fit, work: Work) -> list:
    """The file, what would be fitted to it, and the button that starts it; or why it cannot be."""
    names, made = work.names(scenario), []
    try:
        check_fit(scenario)
        with work.job():
            here = work.located(scenario)
            checked = check(here.file, here.reading())
            made, faulty = found_in_file(checked, names)
            if faulty is not None:
                return [faulty, *made]
            problem_, starting = planned_fit(here)
            notes = [in_fields(by_their_names(note, names)) for note in (*starting, *design_of(problem_).notes)]
    except LivingdrugError as error:
        told = in_fields(by_their_names(str(error), names), (*ENTRIES, *READING, *MORE))
        return [problem(told), *made]
    return [
        html.H2("What will be fitted"), html.P(_size(problem_, work.uploads.name(scenario.file)), id="fit-size"),
        table(_looked_for(problem_)), table(_errors(problem_)), points("What is taken for granted", notes, "notes"),
        html.Div([html.Button("Start the fit", id="fit-start", n_clicks=0, className="main")], className="row"),
        html.Small(f"It runs in a process of its own, {RUNNING} of them at once; you may leave the page and come back by its "
                   "address."), *made,
    ]  # fmt: skip


def _size(planned: FitProblem, name: str) -> str:
    data = planned.data
    below = int((data.cens == 1).sum())
    said = f"{planned.model.full_name} to {len(data.dv):,} values of {len(data.subjects):,} subjects in {name}"
    return f"{said}; {below:,} of them lie below a limit and count by rule {planned.below.upper()}." if below else f"{said}."


def _looked_for(planned: FitProblem) -> Table:
    quantities = {q.name: q for q in planned.model.quantities}
    rows = []
    for p in planned.parameters:
        unit = quantities[p.name].unit
        role = f"random effect, initial omega (SD) {p.sd:.3g} (scale {p.scale})" if p.random else "no random effect"
        start = f"{number(p.value)}{'' if unit == '1' else f' {unit}'}{' (fixed)' if p.fixed else ''}"
        rows.append((p.name, quantities[p.name].meaning, start, role))
    return Table("parameters that are looked for", ("parameter", "meaning", "starts at", "between subjects"), tuple(rows))


def _errors(planned: FitProblem) -> Table:
    rows = [(r.output, r.kind.replace("_", " "), ", ".join(f"{n} {getattr(r, n):.3g}" for n in r.names))
            for r in planned.residuals]  # fmt: skip
    return Table("residual errors", ("output", "kind", "starts at"), tuple(rows))


def fit_values(roles: Mapping[str, str], texts: Mapping[str, str | None]) -> dict[str, float]:
    """Values that were typed. Raises InputError for what is no number."""
    found = {}
    for name in roles:
        text = str(texts.get(name) or "").strip()
        if text:
            try:
                found[name] = float(text)
            except ValueError:
                raise InputError(f"{name}: `{text[:30]}` is not a number") from None
    return found


def model_of(scenario: Fit) -> Model:
    """The model of a scenario."""
    return build_model(scenario.model, scenario.fragments, scenario.values)
