"""What is said of splits: response and severe CRS side by side."""

from collections.abc import Iterator

from livingdrug.core.words import number
from livingdrug.report import Answer, Cell, Picture, Table, cell, model_card
from livingdrug.simulation import Fractionated, infusate_words
from livingdrug.workflows.fractionation.spec import FractionationFound, FractionationScenario

LINK = (
    "severe CRS follows the highest IL-6 by a link whose IL-6 at one half is a guess (1000 pg/mL) and whose slope is that "
    "of the transgene in tisagenlecleucel; set --crs-50 from your own data. Read differences between splits, not levels"
)
OWN_LINK = (
    "severe CRS follows the highest IL-6 by a link with the IL-6 at one half that was given; its slope is `crs_slope` of the "
    "model, which by default is that of the transgene in tisagenlecleucel"
)
WITHIN = "intervals hold the number of virtual subjects alone; they say nothing of the model or of the link"


def answer(scenario: FractionationScenario, found: FractionationFound) -> Answer:
    """Splits side by side."""
    result, model = found.result, found.model
    lost = (
        (f"{result.lost} virtual subject(s) were not computed, or are unphysical, under one split or more: left out of all",)
        if result.lost
        else ()
    )
    many = scenario.subjects is not None
    return Answer(
        title=f"Splits of {scenario.dose:.4g} cells on {model.full_name}",
        question=f"Do {len(result.splits)} splits of one dose differ in response and in severe CRS?",
        sentences=tuple(_sentences(scenario, found)),
        flags=(
            LINK if scenario.crs_50 is None else OWN_LINK,
            *((WITHIN,) if many else ()),
            *_of_infusate(found),
            *result.notices,
            *lost,
        ),
        checks=(
            f"response: tumour on day {scenario.response_day:g} at most {scenario.response_below:g} of that at the start; "
            "the same virtual subjects under every split",
        ),
        tables=(_table(scenario, found),),
        cards=(model_card(model),),
        seed=scenario.seed if many else None,
    )


def _sentences(scenario: FractionationScenario, found: FractionationFound) -> Iterator[str]:
    reference, *others = found.result.splits
    p, severe = reference.rate[0], reference.mean_severe[0]
    many = scenario.subjects is not None
    what = f"{number(100 * p)} % respond" if many else f"response {_yes(reference)}"
    yield f"{reference.split.text}: {what}, probability of severe CRS {number(severe)}."
    for one in others:
        difference, low, high = one.against(reference)
        text = (
            f"{one.split.text}: probability of severe CRS {number(one.mean_severe[0])} ({_signed(difference)}"
        )
        if many:
            text += f", 95 % interval {_signed(low)} to {_signed(high)}"
            yield f"{text}), {number(100 * one.rate[0])} % respond."
        else:
            yield f"{text}), response {_yes(one)}."


def _of_infusate(found: FractionationFound) -> Iterator[str]:
    """Where CMAX is that of the infused cells under a split, and that the peak of the expansion is given."""
    for one in found.result.splits:
        words = infusate_words(found.result.output, int(one.infusate.sum()), len(one.infusate))
        if words:
            yield f"{one.split.text}: {words}; peaks are the largest level after the distribution minimum (XCMAX)"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value)}"


def _yes(one: Fractionated) -> str:
    return "yes" if one.responded[0] else "no"


def _table(scenario: FractionationScenario, found: FractionationFound) -> Table:
    reference = found.result.splits[0]
    many = scenario.subjects is not None
    rows = []
    for one in found.result.splits:
        severe, rate, difference = one.mean_severe, one.rate, one.against(reference)
        rows.append(
            (
                one.split.text,
                cell(severe[0], ends=severe[1:] if many else None),
                cell(difference[0], ends=difference[1:] if many and one is not reference else None),
                cell(rate[0], ends=rate[1:]) if many else Cell(_yes(one)),
                cell(float(one.left.mean())) if not many else cell(_median(one.left)),
                cell(_median(one.il6), "pg/mL"),
                cell(_median(one.car_t)),
            )
        )
    middle = "median " if many else ""
    header = (
        "split",
        "p severe CRS",
        "difference",
        "response",
        f"{middle}tumour left",
        f"{middle}peak IL-6 (pg/mL)",
        f"{middle}peak {found.result.output}",
    )
    who = f"{len(reference.severe):,} virtual subjects (95 % intervals)" if many else "typical subject"
    return Table(f"splits of the dose, {who}", header, tuple(rows))


def _median(values) -> float:
    import numpy as np

    return float(np.median(values))


def table(_: FractionationScenario, found: FractionationFound):
    """A row for each split and subject."""
    import pandas as pd

    parts = [
        pd.DataFrame(
            {
                "split": one.split.text,
                "subject": range(1, len(one.severe) + 1),
                "p_severe_crs": one.severe,
                "peak_il6": one.il6,
                "peak_car_t": one.car_t,
                "tumour_left": one.left,
                "responded": one.responded,
            }
        )
        for one in found.result.splits
    ]
    return pd.concat(parts, ignore_index=True)


def figures(_: FractionationScenario, found: FractionationFound) -> Iterator[tuple[Picture, object]]:
    """Response against severe CRS."""
    if len(found.result.splits[0].severe) > 1:
        from livingdrug.plots import plot_splits

        caption = "Part of the subjects that respond against the mean probability of severe CRS, with 95 % intervals."
        yield Picture("splits", caption), plot_splits(found.result)
