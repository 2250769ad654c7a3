"""What a question about power is answered: subjects per arm, and the power of other numbers."""

from collections.abc import Iterator
from dataclasses import asdict

from livingdrug.models import build_model
from livingdrug.products import CAUTION, OBSERVED
from livingdrug.report import Answer, Picture, Table, model_card
from livingdrug.trial import PowerAnswer
from livingdrug.workflows.power.spec import Power, assurance_notes, power_curve, question, variability_note


def answer(scenario: Power, found: PowerAnswer) -> Answer:
    """How many subjects per arm."""
    asked, ratio = question(scenario), scenario.design().ratio
    arm = "per arm" if ratio == 1 else f"in the smaller arm (the {'first' if ratio > 1 else 'second'})"
    sentences = [
        found.sentence,
        f"With {found.n_per_arm} {arm}, {found.n_total} in all: power {found.power_at_n:.3f}; for a power of "
        f"{scenario.power:g}: {found.n_exact:.4g} {arm}, before rounding up.",
        *(f"Assumed: {text}." for text in asked.assumed),
    ]
    if found.assured is not None:
        sentences.append(
            f"Power {found.power_at_n:.3f} if the estimates of the fit are true; {found.assured.words}."
        )
    if found.power_enumerated is not None:
        exact = f"{found.power_enumerated:.3f}"
        sentences.append(
            f"The exact power of this test, over all numbers of events in these arms, is {exact}."
        )
    rows = (
        ("before rounding up, smaller arm", found.n_exact), ("whole number, smaller arm", found.n_per_arm),
        ("both arms", found.n_total), ("power with these numbers", found.power_at_n),
        *((("assurance with these numbers", found.assured.value),) if found.assured else ()),
    )  # fmt: skip
    return Answer(
        title=f"Power: {asked.what}",
        question=f"How many subjects per arm does it take to see {asked.what}?",
        sentences=tuple(sentences),
        flags=(
            *filter(None, (CAUTION if scenario.variability == OBSERVED else "", variability_note(scenario))),
            *assurance_notes(scenario),
        ),
        tables=(Table("answer", ("quantity", "value"), rows, detail=True),),
        cards=(model_card(build_model(scenario.model, even_so=scenario.even_so)),) if scenario.model else (),
    )


def table(_: Power, found: PowerAnswer):
    """The answer as a table of one row."""
    import pandas as pd

    return pd.DataFrame([plain(_, found)])


def files(scenario: Power, _: PowerAnswer) -> dict:
    """Power over the number of subjects."""
    return {"curve.csv": power_curve(scenario).table()}


def figures(scenario: Power, found: PowerAnswer) -> Iterator[tuple[Picture, object]]:
    """The same as a figure."""
    from livingdrug.plots import plot_power

    curve = power_curve(scenario)
    caption = f"Power over the number of subjects in the smaller arm, for {curve.what}."
    yield Picture("power", caption), plot_power(curve, found)


def plain(_: Power, found: PowerAnswer) -> dict:
    """The numbers and the sentence."""
    row = asdict(found)
    del row["assured"]
    return row | (found.assured.columns() if found.assured else {})
