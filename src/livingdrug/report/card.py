"""The card of a model: equations, numbers with sources, anchors as computed here, deviations."""

from livingdrug.models import Model, Population, plain_equations, plain_symbol
from livingdrug.report.answer import Card, Table


def model_card(model: Model) -> Card:
    """Everything that is known of a model, as text.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    Card
    """
    spreads = [
        f"Between-subject variability (IIV) `{p.name}`: {spread_words(p)} ({p.meaning or p.source.line()})."
        for p in model.populations
    ]  # fmt: skip
    residuals = [f"Residual error of {r.output}: {r.words} ({r.source.line()})." for r in model.residuals]
    sentences = (
        f"{model.full_name}: {model.title}.",
        *(f"With {f.name}: {f.title}." for f in model.fragments),
    )
    deviations = (*model.deviations, *(text for f in model.fragments for text in f.deviations))
    equations = Table("equations", ("name", "moves", "rate"), tuple(plain_equations(model)))
    tables = tuple(table for table in (_parameters(model), equations, _anchors(model)) if table.rows)
    doubts = (*model.doubts, *model.standing)
    fit = (f"Its numbers are those of {model.fitted.model} {model.fitted.line}.",) if model.fitted else ()
    return Card(model.full_name, (*sentences, *fit, *spreads, *residuals), tables, deviations, doubts)


def spread_words(population: Population) -> str:
    """Between-subject variabilities and their correlations in words.

    Parameters
    ----------
    population : Population
        The between-subject variability.

    Returns
    -------
    str
    """
    spreads = [f"{n} {s.given} {s.value:g}" + (f" ({s.scale})" if s.scale != "log" else "")
               for n, s in population.spreads.items()]  # fmt: skip
    pairs = [f"correlation of {c.first} and {c.second} {c.value:.3g}" for c in population.correlations]
    members = [f"one of {len(population.members)} vectors"] if population.members else []
    return ", ".join([*spreads, *pairs, *members])


def _parameters(model: Model) -> Table:
    rows = []
    for q in model.quantities:
        set_here = q.name in model.changes
        source = "set in the scenario" if set_here else model.source_of(q.name).line()
        rows.append((q.name, plain_symbol(q.symbol), model.shown_value(q.name), q.unit, q.meaning, source))
    return Table("parameters", ("name", "symbol", "value", "unit", "meaning", "source"), tuple(rows))


def _anchors(model: Model) -> Table:
    """Published numbers of the base model, computed here with its published values."""
    from livingdrug.models import get_model, is_built_in
    from livingdrug.simulation import check_anchors

    checked = check_anchors(get_model(model.name)) if is_built_in(model.name) else []
    rows = tuple(
        (r.anchor.name, f"{r.anchor.value:g} {r.anchor.unit}", f"{r.computed:.6g}", f"{r.anchor.rtol:g}",
         "pass" if r.passed else "deviates", r.anchor.source.line())
        for r in checked
    )  # fmt: skip
    title = "numbers that the published model must reproduce, computed here"
    return Table(title, ("number", "expected", "computed", "relative tolerance", "verdict", "source"), rows)
