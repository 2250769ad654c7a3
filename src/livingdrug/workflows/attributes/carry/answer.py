"""What a product with another attribute would change in a patient, and what was assumed."""

from collections.abc import Iterator

from livingdrug.models import build_model
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.simulation import Change
from livingdrug.workflows.attributes.carry.spec import MEASURED, Carried, Carry
from livingdrug.workflows.attributes.inputs import hashes


def answer(scenario: Carry, carried: Carried) -> Answer:
    """Ratios to the reference product, by which uncertainty."""
    found, control = carried.found, carried.control
    by = {(c.group, c.metric, c.of): c for c in found.changes}
    keys = list(dict.fromkeys((c.group, c.metric) for c in found.changes))
    rows = []
    for group, metric in keys:
        parts = [by[group, metric, of] for of in ("both", MEASURED, "slope")]
        rows.append(
            (
                group,
                metric,
                f"{parts[0].control:.3g} {parts[0].unit}",
                *(cell(c.ratio, ends=(c.low, c.high)) for c in parts),
            )
        )
    factors = tuple((group, name, cell(f[0], ends=f[1:])) for (group, name), f in found.factors.items())
    measured = tuple(
        (who, r.attribute, cell(r.ratio), cell(r.log_sd)) for who, own in carried.ratios.items() for r in own
    )
    responses = tuple((who, cell(p, ends=(low, high))) for who, (p, low, high) in carried.responses.items())
    more = (
        (Table("probability of response", ("product", "probability (95 % band)"), responses),)
        if responses
        else ()
    )
    lost = (
        (f"{found.failed} simulation(s) not computed, or unphysical, and left out",) if found.failed else ()
    )
    return Answer(
        title=f"From attributes to {scenario.model}: beside {control}",
        question="What would a product with these attributes change in a patient?",
        sentences=(
            *map(_sentence, (by[group, metric, "both"] for group, metric in keys)),
            *(
                f"{who}: probability of response {p:.0%}, 95 % band {low:.0%} to {high:.0%}, beside "
                f"{scenario.rate:.0%} with the reference, as exposure drives it ({scenario.response})."
                for who, (p, low, high) in carried.responses.items()
            ),
            *(f"Assumed: {note}." for note in found.notes),
            "A virtual product is a scenario. A band that holds 1 says that it is open whether the product "
            "does more or less in a patient.",
        ),
        flags=("the slope from attribute to patient is not estimated from data", *found.cautions, *lost),
        tables=(
            Table(
                f"ratio to {control}: median (95 % band) with both uncertainties, of the attribute alone, "
                "of the slope alone",
                ("product", "metric", "reference", "both", MEASURED, "slope"),
                tuple(rows),
            ),
            Table(
                "factor on the quantity of the model", ("product", "quantity", "factor (95 % band)"), factors
            ),
            *more,
            Table(
                "what was carried over", ("product", "attribute", "ratio", "SD of its logarithm"), measured
            ),
        ),
        cards=(model_card(build_model(scenario.model, even_so=scenario.even_so)),),
        data=hashes(scenario),
        seed=scenario.seed,
    )


def _sentence(c: Change) -> str:
    """One metric of a product in words."""
    open_ = " (open in which direction)" if c.low < 1 < c.high else ""
    return f"{c.group}: {c.metric} {c.ratio:.3g} times the reference, 95 % band {c.low:.3g} to {c.high:.3g}{open_}."


def table(_: Carry, carried: Carried):
    """One row for each product, metric and kind of uncertainty."""
    return carried.found.table()


def figures(_: Carry, carried: Carried) -> Iterator[tuple[Picture, object]]:
    """Courses in the patient."""
    from livingdrug.plots import plot_patient

    picture = Picture(
        "patient", "Simulated courses with 95 % bands of both uncertainties; the reference product as a line."
    )
    yield picture, plot_patient(carried.found.curves, carried.control)
