"""Covariates that change on the way, those of which a value is missing, and occasions: written into the
equations.

A model made of flows gets, in the place of a parameter P or of a covariate of its own, a definition that
steps from one value to the next at times of the subject, where the solver stops exactly:

    h(P(t)) = h(P) + beta x(t) + kappa(t),    x(t) = x_1 + (x_2 - x_1) s_1(t) + ...,  s 0 before its time and 1 from it on

A value that is missing is a random effect of its subject: x = mean + sd z with z ~ N(0, 1), mean and sd of
those observed. The coefficients beta are parameters of the model then.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.expressions import names
from livingdrug.core.known import known
from livingdrug.fit.covariates import as_number, changes_of, covariate, is_missing, level_of, numbers_of
from livingdrug.fit.given import Given, given_of
from livingdrug.fit.occasions import CHANGED, change_name, numbered, put
from livingdrug.fit.problem import Effect, FitProblem, Parameter, is_closed
from livingdrug.models import Definition, Model, Quantity, Structure, Switch, closed_form_of, flows_of

NEVER = 1e7  # a time beyond all that is measured
MOST = 20  # changes of one covariate in one subject


@dataclass
class _Plan:
    """What is added to a model: see the fields of `Structure`; own: values of the subjects; put: name ->
    text."""

    time_unit: str
    quantities: list[Quantity] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    typical: dict[str, float] = field(default_factory=dict)
    own: dict[str, np.ndarray] = field(default_factory=dict)
    moving: list[str] = field(default_factory=list)
    # parameter -> terms on its scale, as functions of time
    added: dict[str, list[str]] = field(default_factory=dict)
    first: dict[str, list[str]] = field(default_factory=dict)  # the same at time 0
    put: dict[str, str] = field(default_factory=dict)
    start: dict[str, str] = field(default_factory=dict)
    parameters: list[Parameter] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def column(self, name: str, values: np.ndarray, meaning: str, unit: str = "1") -> str:
        """A quantity with a value for each subject."""
        self.quantities.append(Quantity(name, unit, meaning, bound="any"))
        self.typical[name], self.own[name] = float(values[0]) if len(values) else 0.0, values
        return name

    def steps(self, label: str, texts: list[str], times: np.ndarray) -> str:
        """An expression that steps through `texts` at times (subjects, texts - 1)."""
        found = texts[0]
        for k in range(times.shape[1]):
            at = self.column(f"{label}_time_{k + 1}", times[:, k], f"when {label} changes", self.time_unit)
            self.moving.append(at)
            self.switches.append(Switch(f"{label}_on_{k + 1}", at, calendar=True))
            found += f" + ({texts[k + 1]} - {texts[k]}) * {label}_on_{k + 1}"
        return found

    def add(self, parameter: str, now: str, first: str) -> None:
        """A term on the scale of a parameter."""
        self.added.setdefault(parameter, []).append(now)
        self.first.setdefault(parameter, []).append(first)


def with_steps(problem: FitProblem, occasions: Mapping[str, float]) -> FitProblem:
    """The problem with what changes on the way written into its equations; itself where nothing does.

    Raises InputError for a closed form, whose parameters cannot change on the way, naming the covariate.
    """
    missing = _with_missing(problem)
    changing = [e for e in problem.effects if changes_of(problem.data, e.covariate) is not None]
    own = [
        q
        for q in problem.model.system.quantities
        if q.covariate and changes_of(problem.data, q.name) is not None
    ]
    if is_closed(problem.model):
        problem = _first_values(problem, changing, [q.name for q in own])
        changing, own = [], []
    if not (missing or changing or own or occasions):
        return problem
    plan = _Plan(problem.model.time_unit)
    given = given_of(problem, [])
    if changing or own or occasions:
        _check_resets(problem, given)
    for effect in (*changing, *(e for e in missing if e not in changing)):
        _effect(plan, problem, effect, given, effect in missing)
    for quantity in own:
        _quantity(plan, problem, quantity, given)
    for name, sd in occasions.items():
        _occasion(plan, problem, name, sd, given)
    return _written(plan, problem, [*changing, *missing])


def _first_values(problem: FitProblem, changing: list[Effect], own: list[str]) -> FitProblem:
    weights = {e.covariate for e in changing if covariate(problem.data, e.covariate) is not None}
    weights |= {name for name in own if covariate(problem.data, name) is not None}
    others = [n for n in (*(e.covariate for e in changing), *own) if n not in weights]
    if others:
        raise InputError(
            f"covariate `{others[0]}` changes within subjects, and `{problem.model.full_name}` is a formula "
            "of time, whose parameters cannot change on the way; give one value for each subject, or take a "
            "model made of flows"
        )
    notes = tuple(
        f"`{name}` changes within subjects; the first value counts, as `{problem.model.full_name}` is a "
        "formula of time"
        for name in sorted(weights)
    )
    return replace(problem, notes=(*problem.notes, *notes))


def _check_resets(problem: FitProblem, given: Given) -> None:
    for name, regimen in zip(problem.data.subjects, given.regimens, strict=True):
        if len(regimen.resets) and any(r.time > 0 for r in regimen.resets):
            raise InputError(
                f"subject `{name}` has a reset (EVID 3 or 4), and parameters that change with time go on "
                "through it; give each part a subject of its own"
            )


def _with_missing(problem: FitProblem) -> list[Effect]:
    """Effects of a covariate of which a value is estimated."""
    if problem.missing != "estimate":
        return []
    found = []
    for effect in problem.effects:
        texts = covariate(problem.data, effect.covariate)
        if texts is None or not any(is_missing(t) for t in texts[np.unique(problem.data.profiles.subject)]):
            continue
        if effect.shape == "categorical":
            raise InputError(
                f"covariate effect `{effect.name}`: a missing category is not estimated; take --missing "
                "median (the most frequent one) or leave-out"
            )
        found.append(effect)
    return found


def _label(text: str) -> str:
    word = re.sub(r"\W+", "_", text.lower()).strip("_")
    return word if word[:1].isalpha() else f"c_{word}"


def _x(effect: Effect, values: np.ndarray) -> np.ndarray:
    """Covariate values as the effect sees them."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values / effect.reference) if effect.shape == "power" else values - effect.reference


def _effect(plan: _Plan, problem: FitProblem, effect: Effect, given: Given, estimated: bool) -> None:
    """One effect: its coefficient becomes a parameter, its covariate a course in time."""
    label = _label(effect.name)
    plan.quantities.append(Quantity(label, "1", f"coefficient of {effect.name}", bound="any"))
    plan.typical[label] = effect.coefficient
    plan.parameters.append(Parameter(label, effect.coefficient, "normal", 0.0, fixed=effect.fixed))
    if changes_of(problem.data, effect.covariate) is not None:
        now, first = _course(plan, problem, effect, f"{label}_x", given)
    else:
        now = first = _estimated(plan, problem, effect, f"{label}_x")
    plan.add(effect.parameter, f"{label} * ({now})", f"{label} * ({first})")
    plan.notes.append(f"the coefficient of `{effect.name}` is the parameter `{label}`")


def _course(plan: _Plan, problem: FitProblem, effect: Effect, label: str, given: Given) -> tuple[str, str]:
    courses = _carried(plan, problem, effect.covariate, given)
    if effect.shape == "categorical":
        values, times = courses.filled(lambda t: float(level_of(t) == effect.level), np.nan)
    else:
        values, times = courses.filled(lambda t: as_number(t), np.nan)
        if effect.shape == "power" and not (values[np.isfinite(values)] > 0).all():
            raise InputError(f"covariate effect `{effect.name}`: a value is not above 0, as a power needs")
        values = _x(effect, values)
    lost = np.intersect1d(np.flatnonzero(~np.isfinite(values[:, 0])), problem.data.profiles.subject)
    if len(lost):
        raise InputError(
            f"subject `{problem.data.subjects[lost[0]]}`: covariate `{effect.covariate}` is missing in all "
            "rows, and it changes in others; give it a value"
        )
    meaning = f"{effect.covariate}, value"
    texts = [
        plan.column(f"{label}_{k + 1}", column, f"{meaning} {k + 1}") for k, column in enumerate(values.T)
    ]
    return plan.steps(label, texts, times), texts[0]


def _estimated(plan: _Plan, problem: FitProblem, effect: Effect, label: str) -> str:
    """x of each subject; mean + sd z for those of whom it is missing."""
    data = problem.data
    texts = known(covariate(data, effect.covariate), f"the covariate `{effect.covariate}`")
    there = np.isin(np.arange(len(data.subjects)), data.profiles.subject)
    lost = np.array([is_missing(t) for t in texts])
    x = _x(effect, numbers_of(data, effect.covariate, texts, np.flatnonzero(there & ~lost), len(texts)))
    seen = x[there & ~lost]
    if len(seen) < 3:
        raise InputError(
            f"covariate `{effect.covariate}`: {len(seen)} value(s) give no mean and SD; say leave-out"
        )
    mean, sd = float(seen.mean()), float(seen.std(ddof=1))
    z = f"{label}_z"
    plan.quantities.append(
        Quantity(z, "1", f"missing value of {effect.covariate}, as a normal number", bound="any")
    )
    plan.typical[z] = 0.0
    plan.parameters.append(Parameter(z, 0.0, "normal", 1.0, fixed=True, sd_fixed=True))
    value = plan.column(
        f"{label}_mean", np.where(lost, mean, np.nan_to_num(x)), f"{effect.covariate} as the effect sees it"
    )
    scale = plan.column(
        f"{label}_sd", np.where(lost, sd, 0.0), f"SD of {effect.covariate} where it is missing"
    )
    named = ", ".join(data.subjects[i] for i in np.flatnonzero(there & lost))
    how = f"estimated, with the mean and SD of the {len(seen)} others"
    plan.notes.append(f"`{effect.covariate}` is missing in {named}: {how}")
    return f"{value} + {scale} * {z}"


def _quantity(plan: _Plan, problem: FitProblem, quantity: Quantity, given: Given) -> None:
    """A covariate of the model itself."""
    values, times = _carried(plan, problem, quantity.name, given).filled(
        as_number, problem.model.typical[quantity.name]
    )
    label = f"{quantity.name}_value"
    texts = [
        plan.column(f"{label}_{k + 1}", v, quantity.meaning, quantity.unit) for k, v in enumerate(values.T)
    ]
    plan.put[quantity.name], plan.start[quantity.name] = plan.steps(label, texts, times), texts[0]


def _carried(plan: _Plan, problem: FitProblem, name: str, given: Given):
    courses = known(changes_of(problem.data, name), f"the changes of `{name}`").courses(given.start, NEVER)
    if courses.most > MOST:
        raise InputError(
            f"covariate `{name}` changes {courses.most} times in a subject; a fit follows {MOST}: give fewer"
        )
    note = (
        f"`{name}` changes within {courses.subjects} subject(s): each value holds from its row to the next "
        "one (carried forward), the first one from the start"
    )
    if note not in plan.notes:
        plan.notes.append(note)
    return courses


def _occasion(plan: _Plan, problem: FitProblem, name: str, sd: float, given: Given) -> None:
    """A parameter that differs between occasions, each of which begins with its first dose."""
    data = problem.data
    if name not in problem.position:
        raise InputError(
            f"inter-occasion variability of `{name}`: it is not fitted; name it in --random or --estimate"
        )
    place = numbered(data)
    count = int(place.max(initial=0))
    if count < 2:
        raise InputError(
            "inter-occasion variability needs a subject with two occasions; number them in a column OCC"
        )
    if data.doses is None:
        raise InputError(
            "inter-occasion variability of a model made of flows needs rows of doses, which begin them"
        )
    times = np.full((len(data.subjects), count - 1), NEVER)
    begun = data.doses.start - given.start[data.profiles.subject]
    for i, k in enumerate(place.tolist()):
        if k > 1:
            times[data.profiles.subject[i], k - 2] = min(times[data.profiles.subject[i], k - 2], begun[i])
    texts = [change_name(name, k) for k in range(1, count + 1)]
    scale = problem.parameters[problem.position[name]].scale
    unit = next(q.unit for q in problem.model.quantities if q.name == name) if scale == "normal" else "1"
    for k, text in enumerate(texts, 1):
        plan.quantities.append(
            Quantity(text, unit, f"change of {name} in occasion {k}, scale {scale}", bound="any")
        )
        plan.typical[text] = 0.0
        plan.parameters.append(Parameter(text, 0.0, "normal", sd, fixed=True, changes=name))
    plan.add(name, plan.steps(f"{name}_occasion", texts, times), texts[0])


# -------------------------------------------------------------------------------------------------- into the model


def _written(plan: _Plan, problem: FitProblem, moved: list[Effect]) -> FitProblem:
    model = problem.model
    now, start = dict(plan.put), dict(plan.start)
    for name in plan.added:
        scale = problem.parameters[problem.position[name]].scale
        now[name] = CHANGED[scale].format(name=name, change=f"({' + '.join(plan.added[name])})")
        start[name] = CHANGED[scale].format(name=name, change=f"({' + '.join(plan.first[name])})")
    # what the model itself makes of a subject's quantities follows what they are made of
    own = {k: put(text, now) for k, text in model.individual.items() if names(text) & now.keys()}
    plan.start = start | {k: f"({put(model.individual[k], start)})" for k in own}
    plan.put = now | {k: f"({text})" for k, text in own.items()}
    model = replace(model, individual={k: v for k, v in model.individual.items() if k not in own})
    made = _closed(plan, model) if is_closed(model) else _flows(plan, model)
    effects = tuple(e for e in problem.effects if e not in moved)
    return replace(
        problem,
        model=made,
        parameters=(*problem.parameters, *plan.parameters),
        effects=effects,
        own=plan.own,
        moving=tuple(plan.moving),
        notes=(*problem.notes, *dict.fromkeys(plan.notes)),
    )


def _values(plan: _Plan, model: Model) -> tuple:
    first = model.values[0]
    return (replace(first, values=model.typical | plan.typical), *model.values[1:])


def _closed(plan: _Plan, model: Model) -> Model:
    form = closed_form_of(model)
    outputs = tuple(
        replace(
            o,
            pieces=tuple(
                replace(p, expression=put(p.expression, plan.put), until=put(p.until, plan.put))
                for p in o.pieces
            ),
        )
        for o in form.outputs
    )
    definitions = tuple(replace(d, expression=put(d.expression, plan.put)) for d in form.definitions)
    made = replace(
        form, outputs=outputs, definitions=definitions, quantities=(*form.quantities, *plan.quantities)
    )
    return replace(model, structure=made, values=_values(plan, model), changes={})


def _flows(plan: _Plan, model: Model) -> Model:
    """One structure of the assembled equations, each changing name replaced by its course; starts by its
    first value."""
    system = flows_of(model)
    changed = {name: f"{name}_now" for name in plan.put}
    definitions = [Definition(changed[name], text) for name, text in plan.put.items()]
    definitions += [replace(d, expression=put(d.expression, changed)) for d in system.definitions]
    places = tuple(
        place
        for part in (model.structure, *(f.structure for f in model.fragments))
        if isinstance(part, Structure)
        for place in part.places
    )
    structure = Structure(
        places=tuple(dict.fromkeys(places)),
        states=tuple(replace(s, initial=put(s.initial, plan.start)) for s in system.states),
        definitions=tuple(definitions),
        clocks=tuple(replace(c, expression=put(c.expression, plan.start)) for c in system.clocks),
        switches=(*(replace(s, at=put(s.at, plan.start)) for s in system.switches), *plan.switches),
        flows=tuple(replace(f, rate=put(f.rate, changed), gain=put(f.gain, changed)) for f in system.flows),
        outputs=tuple(replace(o, expression=put(o.expression, changed)) for o in system.outputs),
        quantities=(*system.quantities, *plan.quantities), cautions=(), dose_into=system.dose_into,
        time_unit=system.time_unit,
    )
    return replace(
        model,
        name=model.full_name,
        structure=structure,
        fragments=(),
        values=_values(plan, model),
        changes={},
    )
