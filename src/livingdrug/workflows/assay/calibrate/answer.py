"""What a calibrated slope is told as: its interval, the products, and how a prediction takes it."""

from collections.abc import Iterator
from pathlib import Path

from livingdrug.assay import Calibration
from livingdrug.data import printable
from livingdrug.models import build_model
from livingdrug.report import Answer, Picture, Table, cell, file_hash, model_card
from livingdrug.workflows.assay.calibrate.spec import AssayCalibration


def link_text(found: Calibration) -> str:
    """The slope as `assay predict --map` takes it."""
    link = found.link
    own = f"~{link.scatter:g}" if link.scatter else ""
    return f"{link.rate}={link.quantity}:{link.slope:g}+-{link.sd:g}{own}"


def answer(scenario: AssayCalibration, found: Calibration) -> Answer:
    """The slope, the products, what was assumed."""
    rows = tuple(
        (r.group, *(cell(v) for v in (r.rate, r.exposure, r.factor, r.expected)), cell(r.patients))
        for r in found.rows
    )
    rate, quantity = found.link.rate, found.link.quantity
    return Answer(
        title=f"Slope from {rate} in the assay to {quantity} of {scenario.model}",
        question=f"By how much does a ratio of {rate} in the assay change {quantity} in patients?",
        sentences=tuple(_sentences(found)),
        flags=tuple(_flags(found)),
        checks=found.notes,
        tables=(
            Table(
                f"products over {found.control}",
                (
                    "product",
                    f"{rate} in the assay",
                    f"{found.metric} in patients",
                    f"factor on {quantity} that gives it",
                    "factor by the slope",
                    "patients",
                ),
                rows,
            ),
        ),
        cards=(model_card(build_model(scenario.model)),),
        data=((printable(Path(scenario.observed).name), file_hash(scenario.observed)),),
    )


def _sentences(found: Calibration) -> Iterator[str]:
    yield (
        f"The slope of logarithms is {found.slope:.3g} (95 % interval {found.low:.3g} to {found.high:.3g}), "
        f"of {len(found.rows)} products beside {found.control}; {found.df} degrees of freedom."
    )
    if found.scatter:
        yield f"SD of the logarithm by which products differ from the line: {found.scatter:.2g}."
    yield f"For a prediction: livingdrug assay predict DIR --map '{link_text(found)}'"


def _flags(found: Calibration) -> Iterator[str]:
    if found.low <= 0 <= found.high:
        yield "the interval of the slope holds 0: these products do not show that the assay tells anything about patients"
    yield "the slope speaks of products like these: another target, disease or lymphodepletion may have another"


def table(_: AssayCalibration, found: Calibration):
    """A row for each product."""
    return found.table()


def figures(_: AssayCalibration, found: Calibration) -> Iterator[tuple[Picture, object]]:
    """The products and the line."""
    from livingdrug.plots import plot_calibration

    caption = (
        f"Products over {found.control}: ratio in the assay against the factor on the model's quantity that "
        "gives the observed exposure; line and band: the slope with its 95 % interval."
    )
    yield Picture("calibration", caption), plot_calibration(found)
