"""What a question about power is answered: subjects per arm, and the power of other numbers."""

from collections.abc import Iterator
from dataclasses import asdict

from livingdrug.models import build_model
from livingdrug.products import CAUTION, OBSERVED
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.trial import OneArm, PowerAnswer, Smallest, TwoStage, design_row
from livingdrug.workflows.power.spec import (
    Power,
    asked_back,
    assurance_notes,
    over_sizes,
    power_curve,
    question,
    variability_note,
)

Found = PowerAnswer | Smallest | OneArm
NAMES = {
    "fold": "fold change of exposure",
    "effect": "difference of means, in SD",
    "proportions": "rate of the second arm",
    "hazard_ratio": "hazard ratio",
}
EXACT = "exact binomial probabilities; the test is one-sided"
SAW = (
    "exact power goes up and down with the number of patients: this is the smallest number that serves, and "
    "a few more may have less power"
)
SIMON = (
    "Simon, Controlled Clinical Trials 1989;10:1-10: stop after the first stage for futility only; all "
    "designs of at most 100 patients were gone through; optimal: fewest patients expected at the historical "
    "rate; minimax: fewest patients in all"
)
ONE_ARM_CAPTION = (
    "Probability of calling the rate above the historical one, and patients expected, over the true rate; "
    "dotted: the historical rate and the one hoped for."
)
OFF = 0.01  # how far below the power that is wanted the exact one may lie before it is said


def answer(scenario: Power, found: Found) -> Answer:
    """How many subjects per arm, what so many show, or the design of one arm."""
    if isinstance(found, OneArm):
        return _of_one_arm(scenario, found)
    return _of_smallest(scenario, found) if isinstance(found, Smallest) else _of_sizes(scenario, found)


def _of_smallest(scenario: Power, found: Smallest) -> Answer:
    """The smallest difference that so many subjects show."""
    name = NAMES[found.quantity]
    exact = found.power_enumerated
    where = "per arm" if scenario.design().ratio == 1 else "in the smaller arm"
    sentences = [found.sentence, *(f"Assumed: {text}." for text in assumed(scenario, found))]
    if exact is not None:
        sentences.append(
            "The exact power of this test at that rate, over all numbers of events in these arms, is "
            f"{exact:.3f}."
        )
    rows = [(f"smallest {name}" if found.quantity != "hazard_ratio" else f"{name} nearest to 1", found.value)]
    rows += [("the same in the other direction", found.opposite)] if found.opposite is not None else []
    rows += [
        ("smaller arm", found.n_per_arm),
        ("both arms", found.n_total),
        ("power at this difference", found.power_at_n),
    ]
    return Answer(
        title=f"Power: the smallest difference that {found.n_per_arm} subjects {where} show",
        question=f"Which {name} do {found.n_per_arm} subjects in the smaller arm show?",
        sentences=tuple(sentences),
        flags=(*_variability_flags(scenario), *doubts(scenario, found)),
        tables=(Table("answer", ("quantity", "value"), tuple(rows), detail=True),),
        cards=_cards(scenario),
    )


def assumed(scenario: Power, found: Found) -> tuple[str, ...]:
    """What the formula takes for granted."""
    if isinstance(found, OneArm):
        own = () if scenario.n is not None else (SAW,) if scenario.two_stage is None else (SIMON,)
        return (EXACT, *own)
    return question(asked_back(scenario, found) if isinstance(found, Smallest) else scenario).assumed


def doubts(scenario: Power, found: Found) -> tuple[str, ...]:
    """Where the exact power is below the one that the formula promises."""
    exact = found.power_enumerated if isinstance(found, Smallest) else None
    if exact is None or exact >= scenario.power - OFF:
        return ()
    return (
        f"the exact power at this rate is {exact:.3f}, below the {scenario.power:g} of the normal "
        "approximation: with so few patients the difference must be a little larger",
    )


def _of_one_arm(scenario: Power, found: OneArm) -> Answer:
    """One arm against a historical rate."""
    d = found.design
    sentences = [
        found.sentence,
        f"Exact probability of a false claim at {d.p0:g}: {d.alpha:.4f}; exact power at {d.p1:.4g}: "
        f"{d.power:.4f}.",
    ]
    if isinstance(d, TwoStage):
        sentences.append(
            f"At {d.p0:g} the trial stops early with a probability of {d.early:.3f}, and {d.expected:.1f} "
            "patients are expected."
        )
    sentences += [f"Assumed: {text}." for text in assumed(scenario, found)]
    return Answer(
        title=f"Power: one arm against a historical rate of {d.p0:g}",
        question=f"How is a rate of {d.p1:.3g} told from {d.p0:g} in one arm?",
        sentences=tuple(sentences),
        flags=_below(scenario, found),
        tables=(designs_table(found),),
    )


def _below(scenario: Power, found: OneArm) -> tuple[str, ...]:
    """Where the number of patients that was given has less power than is wanted."""
    if scenario.n is None or found.design.power >= scenario.power - 1e-9:
        return ()
    return (f"{scenario.n} patients have less power than the {scenario.power:g} that is wanted",)


def designs_table(found: OneArm) -> Table:
    """Every design in a row, the one that was asked for first."""
    ordered = sorted(found.designs, key=lambda named: named[0] != found.name)
    rows = []
    for name, design in ordered:
        row = design_row(design)
        first = "-" if row["n1"] is None else f"{row['r1']}/{row['n1']}"
        numbers = (cell(row[key]) for key in ("alpha", "power", "expected_n", "early_stop"))
        rows.append((name, first, f"{row['r']}/{row['n']}", *numbers))
    header = ("design", "stop r1/n1", "claim above r/n", "error", "power", "expected n", "early stop")
    return Table(
        "designs (exact; expected n and early stop at the historical rate)",
        header,
        tuple(rows),
        detail=len(rows) == 1,
    )


def _variability_flags(scenario: Power) -> tuple[str, ...]:
    observed = CAUTION if scenario.variability == OBSERVED else ""
    return tuple(filter(None, (observed, variability_note(scenario))))


def _cards(scenario: Power) -> tuple:
    return (model_card(build_model(scenario.model, even_so=scenario.even_so)),) if scenario.model else ()


def _of_sizes(scenario: Power, found: PowerAnswer) -> Answer:
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
        flags=(*_variability_flags(scenario), *assurance_notes(scenario)),
        tables=(Table("answer", ("quantity", "value"), rows, detail=True),),
        cards=_cards(scenario),
    )


def table(scenario: Power, found: Found):
    """The answer as a table of one row; the designs of one arm, a row for each."""
    import pandas as pd

    return found.table() if isinstance(found, OneArm) else pd.DataFrame([plain(scenario, found)])


def files(scenario: Power, found: Found) -> dict:
    """What the figure shows: over the number of subjects, or over the true rate of one arm."""
    if isinstance(found, OneArm):
        return {"curve.csv": found.curve()}
    made = over_sizes(scenario) if isinstance(found, Smallest) else power_curve(scenario)
    return {"curve.csv": made.table()}


def figures(scenario: Power, found: Found) -> Iterator[tuple[Picture, object]]:
    """The same as a figure."""
    from livingdrug.plots import plot_one_arm, plot_power, plot_smallest

    if isinstance(found, OneArm):
        yield Picture("power", ONE_ARM_CAPTION), plot_one_arm(found)
        return
    if isinstance(found, Smallest):
        name = NAMES[found.quantity]
        caption = f"The smallest {name} that is seen with a power of {scenario.power:g}, over the number of subjects."
        yield Picture("power", caption), plot_smallest(over_sizes(scenario), found, name)
        return
    curve = power_curve(scenario)
    caption = f"Power over the number of subjects in the smaller arm, for {curve.what}."
    yield Picture("power", caption), plot_power(curve, found)


def plain(_: Power, found: Found) -> dict:
    """The numbers and the sentence."""
    if isinstance(found, OneArm):
        designs = {name: design_row(design) for name, design in found.designs}
        return {
            "sentence": found.sentence,
            "design": found.name,
            **design_row(found.design),
            "designs": designs,
        }
    row = asdict(found)
    if isinstance(found, Smallest):
        return row
    del row["assured"]
    return row | (found.assured.columns() if found.assured else {})
