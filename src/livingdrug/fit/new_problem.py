"""`new_problem`: a model, data and what is looked for, with published numbers wherever none is given."""

from collections.abc import Sequence

from livingdrug.core.errors import InputError
from livingdrug.data import Data
from livingdrug.fit.occasions import with_occasions
from livingdrug.fit.problem import (
    WIDEST,
    Correlation,
    Effect,
    FitProblem,
    Parameter,
    ResidualError,
    default_scale,
    is_closed,
    outputs_of,
)
from livingdrug.fit.steps import with_steps
from livingdrug.fit.units import in_model_units
from livingdrug.models import Model, coefficient_name, find_quantity


def new_problem(
    model: Model,
    data: Data,
    random: Sequence[str] | dict[str, float] = (),
    estimate: Sequence[str] = (),
    fixed: dict[str, float | None] | None = None,
    start: dict[str, float] | None = None,
    effects: Sequence[Effect] = (),
    residuals: Sequence[ResidualError] = (),
    blocks: Sequence[Sequence[str]] = (),
    outputs: dict[str, str] | None = None,
    below: str = "m3",
    smooth: float | None = None,
    occasions: dict[str, float] | None = None,
    compartments: dict[str, str] | None = None,
    missing: str = "",
) -> FitProblem:
    """A problem with the model's published numbers wherever none is given, and the data in the model's units.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    data : Data
        Samples, doses and covariates of all subjects, as `read_data` or `check` gives them.
    random : sequence of str or dict of str to float
        Parameters with a random effect (name -> initial omega, the SD of eta); the published ones, with their
        correlations, by default.
    estimate : sequence of str
        Parameters without a random effect; of a fitted model those of its fit, where `random` is not given
        either.
    fixed : dict of str to float, optional
        Name -> value that stays (None: the published one); a parameter named here and not in `random` has
        no random effect.
    start : dict of str to float, optional
        Initial estimates of typical values.
    effects : sequence of Effect
        Covariates on parameters.
    residuals : sequence of ResidualError
        The model's published log-normal ones by default.
    blocks : sequence of sequences of str
        Parameters whose random effects are correlated.
    outputs : dict of str to str, optional
        Output in the data -> output of the model.
    below : str
        How values below the limit of quantification count; see `FitProblem`.
    smooth : float, optional
        Time over which the pieces of a closed form pass into each other; see `FitProblem`.
    occasions : dict of str to float, optional
        Parameters with inter-occasion variability (name -> initial SD), with the doses in rows where the
        model is made of flows.
    compartments : dict of str to str, optional
        As the rows of doses name them -> state of the model.
    missing : str
        What becomes of a subject without a covariate that is used: median, leave-out or estimate; refused
        by default.

    Returns
    -------
    FitProblem

    Raises
    ------
    InputError
        For names that do not exist, numbers that cannot be, or units that cannot be converted.
    """
    fixed, start = dict(fixed or {}), dict(start or {})
    fixed = {find_quantity(model, name).name: value for name, value in fixed.items()}
    start = {find_quantity(model, name).name: value for name, value in start.items()}
    published = {n: s.sd for n, s in model.populations[0].spreads.items()} if model.populations else {}
    chosen = dict(random) if isinstance(random, dict) else {name: published.get(name, 0.5) for name in random}
    chosen = {find_quantity(model, name).name: sd for name, sd in chosen.items()}
    if not random:
        chosen = {name: sd for name, sd in published.items() if name not in fixed}
    alone = [find_quantity(model, name).name for name in estimate or ([] if random else _estimated(model))]
    names = dict.fromkeys([*chosen, *alone, *(n for n in fixed if n in chosen)])
    # numbers that are fixed and the same for all belong to the model
    model = model.with_values({n: v for n, v in fixed.items() if v is not None})
    parameters = tuple(
        Parameter(
            name,
            float(start.get(name, model.typical[name])),
            default_scale(model, name),
            chosen.get(name, 0.0),
            fixed=name in fixed,
        )
        for name in names
    )
    _check_variabilities(parameters)
    for block in blocks:
        if len(set(block)) < 2 or len(set(block)) < len(block):
            raise InputError(
                f"correlated: `{','.join(block)}`; name two or more different parameters, such as c_max,alpha"
            )
    pairs = tuple(Correlation(a, b) for block in blocks for i, a in enumerate(block) for b in block[i + 1 :])
    if not (blocks or random) and model.populations:
        pairs = tuple(c for c in model.populations[0].correlations if {c.first, c.second} <= chosen.keys())
    mapping = outputs_of(model, data, outputs or {})
    data, converted = in_model_units(model, data, mapping)
    errors = _residuals(model, mapping, residuals)
    between = {find_quantity(model, name).name: sd for name, sd in (occasions or {}).items()}
    if is_closed(model):
        model, parameters = with_occasions(model, data, parameters, between)
    problem = FitProblem(model, data, parameters, errors, tuple(effects), pairs, mapping, below, smooth,
                         tuple((compartments or {}).items()), missing, notes=converted)
    return with_steps(problem, {} if is_closed(model) else between)


def _estimated(model: Model) -> list[str]:
    """What the fit of a fitted model estimated without a random effect, coefficients of covariates among
    it."""
    if model.fitted is None:
        return []
    found = [(e.name if e.kind == "typical" else coefficient_name(e.name)) for e in model.fitted.estimates
             if e.kind in ("typical", "covariate") and not e.fixed]  # fmt: skip
    return [name for name in found if not (model.populations and name in model.populations[0].spreads)]


def _check_variabilities(parameters: Sequence[Parameter]) -> None:
    """Refuse a start that no population has and no computer holds: exp of three such omegas."""
    for p in parameters:
        if p.scale != "normal" and p.sd > WIDEST:
            raise InputError(
                f"the omega of `{p.name}` starts at {p.sd:g} on a {p.scale} scale, where 0.5 means that "
                f"subjects differ by some 50 %; start it at {WIDEST:g} or lower"
            )


def _residuals(model: Model, mapping, given: Sequence[ResidualError]) -> tuple[ResidualError, ...]:
    """One residual error for each output in the data."""
    said = {r.output: r for r in given}
    published = {r.output: ResidualError(r.output, r.kind, a=r.log_sd or r.a, b=r.b) for r in model.residuals}
    needed = list(dict.fromkeys(output for _, output in mapping))
    for output in needed:
        if output not in said and output not in published:
            raise InputError(
                f"`{model.full_name}` has no published residual error for `{output}`; give one "
                f"(command line: --residual {output}=proportional:0.2)"
            )
    for output in said:
        if output not in needed:
            raise InputError(f"a residual error is given for `{output}`, which the data do not hold")
    return tuple(said[output] if output in said else published[output] for output in needed)
