"""What the two curves and the exposure of a product amount to."""

import math
from collections.abc import Iterator

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.core.known import known
from livingdrug.core.words import number
from livingdrug.models import build_model
from livingdrug.products import BuiltIn
from livingdrug.report import Answer, Picture, Table, model_card, text_table
from livingdrug.response import (
    CONFOUNDED,
    Curve,
    Estimate,
    TherapeuticIndex,
    best_fold,
    chance_within,
    changed,
    exposure_at,
    limits,
    probability,
    probability_band,
    share_between,
    verdict,
)
from livingdrug.workflows.index.spec import Index, IndexAnswer
from livingdrug.workflows.tables import hashes

Found = IndexAnswer | tuple[BuiltIn, ...]


def answer(scenario: Index, found: Found) -> Answer:
    """The verdict, its numbers, and what another median or variability would give."""
    if isinstance(found, tuple):
        return _listed(found)
    index, pair = found.index, found.index.pair
    tables = [_numbers(found)]
    if index.window is not None or found.outlook.spread.log_sd > 0:
        tables.append(_tradeoff(found))
    long = text_table("what another median (fold) or variability (width) would buy", found.table)
    return Answer(
        title=f"Therapeutic index: {pair.efficacy.name} against {pair.toxicity.name} on {_axis(index)}",
        question=f"Which {pair.efficacy.exposure or 'exposure'} gives {limits(index)}?",
        sentences=(verdict(index), verdict(index, found.outlook)),
        flags=(CONFOUNDED,),
        checks=(
            *found.notes,
            *([f"in brackets: {index.level:.0%} intervals"] if not math.isnan(index.ratio.low) else []),
        ),
        tables=(*tables, Table(long.title, long.header, long.rows, detail=True)),
        cards=(model_card(build_model(scenario.product_model, even_so=scenario.even_so)),)
        if scenario.product_model
        else (),
        data=hashes(scenario) if scenario.file else (),
        seed=scenario.seed if scenario.product_model else None,
    )


def _axis(index: TherapeuticIndex) -> str:
    curve = index.pair.efficacy
    return f"{curve.exposure or 'exposure'}" + (f" ({curve.unit})" if curve.unit else "")


def _numbers(found: IndexAnswer) -> Table:
    index, outlook = found.index, found.outlook
    first, second = index.at
    unit = f" {index.pair.efficacy.unit}" if index.pair.efficacy.unit else ""
    spread = outlook.spread
    rows = [
        (f"exposure with {first:.0%} efficacy", _interval(index.efficacious, unit)),
        (f"exposure with {second:.0%} toxicity", _interval(index.toxic, unit)),
        ("their ratio (therapeutic index)", _interval(index.ratio)),
        ("window", _window(index, unit)),
        ("product", f"median {number(spread.median)}{unit}, log-SD {spread.log_sd:.2f}: {spread.source}"),
    ]
    for what, name in (("response", "efficacy"), ("toxicity", "toxicity")):
        at, over = getattr(outlook, f"median_{what}"), getattr(outlook, what)
        rows += [(f"{name}, at the median", _percent(at)), (f"{name}, all patients", _percent(over))]
    rows.append(("patients in the window", _within(found)))
    best = best_fold(index.pair, spread, index.floor, index.ceiling)
    if not math.isnan(best):
        most = share_between(changed(spread, best), *known(index.window, "the window of an index"))
        where = f"{number(best * spread.median)}{unit} (x {best:.2g})"
        rows.append(("most there could be", f"{most:.0%}, at a median of {where}"))
    return Table("numbers", ("quantity", "value"), tuple(rows))


def _within(found: IndexAnswer) -> str:
    """Part of the patients in the window, and the probability that the median is."""
    outlook = found.outlook
    sure = "" if math.isnan(outlook.chance) else f"; {outlook.chance:.0%} given the error of the curves"
    part = f"{outlook.share:.0%}" if outlook.share_interval is None else _percent(outlook.share_interval)
    return f"{part}{sure}"


def _interval(estimate: Estimate, unit: str = "") -> str:
    if math.isnan(estimate.value):
        return f"none: {estimate.method}"
    if math.isnan(estimate.low):
        return f"{number(estimate.value)}{unit}"
    if estimate.low == 0 and math.isinf(estimate.high):
        return f"{number(estimate.value)}{unit} (no bounds)"
    high = "infinity" if math.isinf(estimate.high) else number(estimate.high)
    return f"{number(estimate.value)}{unit} ({number(estimate.low)} to {high})"


def _percent(estimate: Estimate) -> str:
    interval = "" if math.isnan(estimate.low) else f" ({estimate.low:.0%} to {estimate.high:.0%})"
    return f"{estimate.value:.0%}{interval}"


def _window(index: TherapeuticIndex, unit: str) -> str:
    if index.window is None:
        return f"none with {limits(index)}"
    low, high = index.window
    ends = f"above {number(low)}" if math.isinf(high) else f"{number(low)} to {number(high)}"
    return f"{ends}{unit}: {limits(index)}"


def _tradeoff(found: IndexAnswer) -> Table:
    """Response, toxicity and part in the window for each log-SD (rows) and fold of the median (columns)."""
    rows, folds = found.table, sorted(found.table["fold"].unique())
    cells = []
    for width in sorted(rows["width"].unique(), reverse=True):
        mine = rows[rows["width"] == width].set_index("fold")
        own = [
            " / ".join(f"{100 * v:.0f}" for v in mine.loc[f, ["response", "toxicity", "share"]])
            for f in folds
        ]
        cells.append((f"{mine['log_sd'].iloc[0]:.2f}", *own))
    header = ("log-SD", *(f"median x {fold:g}" for fold in folds))
    return Table("% of patients: response / toxicity / in the window", header, tuple(cells))


def _listed(entries: tuple[BuiltIn, ...]) -> Answer:
    """The built-in exposure-responses: numbers, what was made of what, source."""
    said = ["Name one with --efficacy-curve or --toxicity-curve."]
    for entry in entries:
        curve, at = entry.curve, exposure_at(entry.curve, 0.5)
        said.append(
            f"{entry.key}: {curve.name} in {entry.setting}, {curve.label}; {_steepness(entry)}; EC50 "
            f"{number(at.value)} {curve.unit}. {entry.basis}. {entry.caution}; {curve.source}."
        )
    question = "Which exposure-responses are built in?"
    return Answer(title="Built-in exposure-responses", question=question, sentences=tuple(said))


def _steepness(entry: BuiltIn) -> str:
    curve = entry.curve
    text = f"slope {curve.slope:.3g} per ln {curve.exposure}"
    if entry.slope_interval:
        return f"{text} ({entry.slope_interval[0]:.2g} to {entry.slope_interval[1]:.2g})"
    if curve.covariance is None:
        return text
    reach = Z95 * math.sqrt(curve.covariance[1, 1])
    return f"{text} ({curve.slope - reach:.2g} to {curve.slope + reach:.2g})"


def table(_: Index, found: Found):
    """Both curves over the exposure; None for a list of built-in ones."""
    return None if isinstance(found, tuple) else both_curves(found)


def both_curves(found: IndexAnswer):
    """Both curves over the exposure: exposure, unit, efficacy, its interval, toxicity, its interval, within
    (probability that floor and ceiling are both met, given the error of the curves; empty where no error is
    known)."""
    import pandas as pd

    from livingdrug.plots import shown_exposures

    index, pair = found.index, found.index.pair
    exposure = shown_exposures(pair, found.outlook.spread)
    columns = {"exposure": exposure, "unit": pair.efficacy.unit}
    for what, curve in (("efficacy", pair.efficacy), ("toxicity", pair.toxicity)):
        low, high = probability_band(curve, exposure, index.level)
        columns |= {what: probability(curve, exposure), f"{what}_low": low, f"{what}_high": high}
    return pd.DataFrame(columns | {"within": chance_within(pair, exposure, index.floor, index.ceiling)})


def files(_: Index, found: Found) -> dict:
    """What other medians and variabilities would give."""
    return {} if isinstance(found, tuple) else {"tradeoff.csv": found.table}


def figures(_: Index, found: Found) -> Iterator[tuple[Picture, object]]:
    """Both curves with the window, and what other medians and variabilities would give."""
    from livingdrug.plots import plot_index, plot_tradeoff

    if isinstance(found, tuple):
        return
    caption = (
        "Efficacy and toxicity over exposure with their bands; the window is shaded, the product lies below."
    )
    yield Picture("index", caption), plot_index(found.index, found.outlook)
    caption = (
        "What another median or variability of exposure would give: patients in the window, response, "
        "toxicity."
    )
    yield Picture("tradeoff", caption), plot_tradeoff(found.index, found.outlook)


def plain(_: Index, found: Found) -> dict | list:
    """Plain data of an answer; what does not exist is null, an open end of an interval too."""
    if isinstance(found, tuple):
        return [_plain_entry(entry) for entry in found]
    index, outlook = found.index, found.outlook
    pair, spread = index.pair, outlook.spread
    interval = None if outlook.share_interval is None else _plain_estimate(outlook.share_interval)
    return {
        "exposure": pair.efficacy.exposure,
        "unit": pair.efficacy.unit,
        "floor": index.floor,
        "ceiling": index.ceiling,
        "level": index.level,
        "efficacy": _plain_curve(pair.efficacy),
        "toxicity": _plain_curve(pair.toxicity),
        "efficacy_exposure": {"at": index.at[0], **_plain_estimate(index.efficacious)},
        "toxicity_exposure": {"at": index.at[1], **_plain_estimate(index.toxic)},
        "ratio": _plain_estimate(index.ratio),
        "correlation": pair.correlation if pair.cross is not None else None,
        "window": None if index.window is None else [_finite(end) for end in index.window],
        "product": {
            "median": spread.median,
            "log_sd": spread.log_sd,
            "source": spread.source,
            "at_median": {
                "response": _plain_estimate(outlook.median_response),
                "toxicity": _plain_estimate(outlook.median_toxicity),
            },
            "response": _plain_estimate(outlook.response),
            "toxicity": _plain_estimate(outlook.toxicity),
            "best_fold": _finite(best_fold(pair, spread, index.floor, index.ceiling)),
            "share_in_window": outlook.share,
            "share_interval": interval,
            "chance_in_window": _finite(outlook.chance),
        },
        "tradeoff": found.table.to_dict("records"),
        "notes": list(found.notes),
        "caution": CONFOUNDED,
        "sentence": verdict(index, outlook),
    }


def _plain_curve(curve: Curve) -> dict:
    return {
        "name": curve.name,
        "label": curve.label,
        "intercept": curve.intercept,
        "slope": curve.slope,
        "ceiling": curve.ceiling,
        "scale": curve.scale,
        "covariance": None if curve.covariance is None else curve.covariance.tolist(),
        "source": curve.source,
    }


def _plain_estimate(estimate: Estimate) -> dict:
    ends = {name: _finite(getattr(estimate, name)) for name in ("value", "low", "high")}
    return ends | {"method": estimate.method}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _plain_entry(entry: BuiltIn) -> dict:
    spread = entry.spread
    return {
        "key": entry.key,
        "setting": entry.setting,
        **_plain_curve(entry.curve),
        "exposure": entry.curve.exposure,
        "unit": entry.curve.unit,
        "ec50": exposure_at(entry.curve, 0.5).value,
        "slope_interval": entry.slope_interval,
        "basis": entry.basis,
        "caution": entry.caution,
        "made_with": {"median": spread.median, "log_sd": spread.log_sd, "source": spread.source},
    }
