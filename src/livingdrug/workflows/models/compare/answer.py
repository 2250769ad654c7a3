"""What a comparison of models says: their peaks on one axis, and what makes them differ."""

import math
from collections.abc import Iterator
from itertools import combinations

from livingdrug.core.words import number
from livingdrug.products import ExposureFact, exposure_facts, product_cards
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.simulation import ModelCurve, ModelsCompared, conversions, infusate_words
from livingdrug.workflows.models.compare.spec import ModelsCompare

OPEN = (
    "published conversions from copies/ug to cells/uL differ 100-fold and none was measured in these patients"
)


def answer(scenario: ModelsCompare, found: ModelsCompared) -> Answer:
    """Peaks on one axis, the ratio of each pair and its reasons."""
    names = ", ".join(curve.model.full_name for curve in found.curves)
    tables = [_curves(scenario, found), _cards(found)]
    if found.conversion:
        tables.insert(1, _ratios(found))
    return Answer(
        title=f"Comparison of {names}",
        question=f"How do {names} differ on one axis, and why?",
        sentences=tuple(
            sentence for pair in combinations(range(len(found.curves)), 2) for sentence in _pair(found, *pair)
        ),
        flags=_flags(found),
        tables=tuple(tables),
        cards=tuple(model_card(curve.model) for curve in found.curves),
        seed=scenario.seed,
    )


def _pair(found: ModelsCompared, i: int, j: int) -> Iterator[str]:
    """The ratio of two peaks, and each reason that the cards of the models hold."""
    if found.ratio(i, j) < 1:
        i, j = j, i
    high, low = found.curves[i], found.curves[j]
    ratio = found.ratio(i, j)
    yield (
        f"{high.model.full_name} peaks {number(ratio)}-fold higher than {low.model.full_name}: {number(high.metric('CMAX'))} "
        f"against {number(low.metric('CMAX'))} {found.unit}."
    )
    reasons = [
        *_of_units(found, i, j),
        *_of_patients(high, low),
        *_of_dose(high, low),
        *_of_variability(high, low, ratio),
    ]
    for reason in reasons:
        yield f"- {reason}."


def _of_units(found: ModelsCompared, i: int, j: int) -> Iterator[str]:
    """What the conversion decides."""
    units = {found.curves[k].unit for k in (i, j)}
    if len(units) == 1:
        yield f"scale: both are in {units.pop()}, so no conversion lies between them"
        return
    ratios = {name: found.ratio(i, j, name) for name in conversions(found)}
    texts = ", ".join(f"{number(value)} by {name}" for name, value in ratios.items())
    ends = min(ratios.values()), max(ratios.values())
    verdict = (
        "so the conversion alone can explain the gap, and turn it round"
        if ends[0] < 1 < ends[1]
        else "so the gap keeps its direction under each of them"
    )
    yield f"scale: one is in copies/ug and the other in cells/uL; the ratio is {texts}, {verdict}"


def _of_patients(high: ModelCurve, low: ModelCurve) -> Iterator[str]:
    """Diseases and data of the two, and what is published of one product in several diseases."""
    one, other = high.model.about, low.model.about
    if one is None or other is None:
        return
    if one.origin != other.origin:
        yield f"patients: {one.origin.rstrip('.')} | {other.origin.rstrip('.')}"
    if one.kind != other.kind:
        yield f"numbers: {one.kind} | {other.kind}"
    if set(one.disease) != set(other.disease) or one.origin != other.origin:
        yield from _of_product(high, low)


def _of_product(high: ModelCurve, low: ModelCurve) -> Iterator[str]:
    """Geometric means of CMAX of the product that both models were made for, by disease."""
    mine, theirs = high.model.name, low.model.name
    card = next((c for c in product_cards() if mine in c.models and theirs in c.models), None)
    if card is None:
        return
    # alike in everything but the disease: the largest group of each
    alike: dict[tuple[str, str, str], dict[str, ExposureFact]] = {}
    for fact in exposure_facts():
        mean = (fact.parameter, fact.statistic) == ("CMAX", "geometric mean")
        if fact.product == card.product and mean and fact.value and fact.n.isdigit():
            best = alike.setdefault((fact.who, fact.unit, fact.assay), {})
            if fact.indication not in best or int(fact.n) > int(best[fact.indication].n):
                best[fact.indication] = fact
    (who, unit, assay), most = max(
        alike.items(), key=lambda kept: (len(kept[1]), sum(int(f.n) for f in kept[1].values())), default=(("",) * 3, {})
    )
    if len(most) > 1:
        values = [float(f.value or math.nan) for f in most.values()]
        texts = "; ".join(f"{name} {f.value:,.0f} {unit} (n {f.n})" for name, f in most.items())
        yield (
            f"disease: published geometric means of CMAX of {card.product} in {who} differ "
            f"{number(max(values) / min(values))}-fold between diseases by {assay} ({texts})"
        )


def _of_dose(high: ModelCurve, low: ModelCurve) -> Iterator[str]:
    if high.dose != low.dose:
        yield f"dose: {high.dose} | {low.dose}"


def _of_variability(high: ModelCurve, low: ModelCurve, ratio: float) -> Iterator[str]:
    for curve in (high, low):
        peaks = curve.peaks((5, 95))
        if peaks is not None:
            span = peaks[1] / peaks[0]
            within = "more than" if span > ratio else "less than"
            yield (
                f"variability: CMAX of {curve.model.full_name} spans {number(span)}-fold between its 5th and 95th percentile "
                f"(`{curve.variability}`), {within} the gap"
            )


def _flags(found: ModelsCompared) -> tuple[str, ...]:
    notices = [notice for curve in found.curves for notice in curve.typical.notices]
    lost = [
        f"{curve.model.full_name}: {len(curve.many.failed)} of {curve.many.n} virtual subjects were not computed "
        "or are unphysical"
        for curve in found.curves
        if curve.many is not None and curve.many.failed
    ]
    return (*([OPEN] if found.conversion else []), *dict.fromkeys(notices), *lost, *_of_infusate(found))


def _of_infusate(found: ModelsCompared) -> Iterator[str]:
    """Models whose CMAX is that of the infused cells, in the typical subject or in virtual ones."""
    for curve in found.curves:
        for result in (curve.typical, curve.many):
            if result is None:
                continue
            there = result.infusate_peaks(curve.output)[result.counted]
            words = infusate_words(curve.output, int(there.sum()), len(there))
            whose = f"{curve.model.full_name}: " if result.n == 1 else f"{curve.model.full_name}, virtual subjects: "
            if words:
                after = number(curve.metric("XCMAX")) if result.n == 1 else ""
                rest = f": XCMAX is {after} {found.unit}" if after else "; ratios of CMAX are not those of expansion"
                yield f"{whose}{words}{rest}"


def _curves(scenario: ModelsCompare, found: ModelsCompared) -> Table:
    rows = []
    for curve in found.curves:
        ends = curve.peaks((5, 95))
        rows.append(
            (
                curve.model.full_name,
                f"{curve.output} ({curve.unit})",
                cell(curve.factor),
                cell(curve.metric("CMAX"), ends=None if ends is None else (float(ends[0]), float(ends[1]))),
                cell(curve.metric("TMAX")),
                cell(curve.metric("AUC")),
                curve.dose,
            )
        )
    header = ("model", "output", "factor", f"CMAX ({found.unit})", "TMAX (d)", "AUC", "dose")
    made = f", converted by {found.conversion}" if found.conversion else ""
    return Table(
        f"typical subjects to {scenario.days:g} d (in brackets: 5th to 95th percentile){made}",
        header,
        tuple(rows),
    )


def _ratios(found: ModelsCompared) -> Table:
    names = conversions(found)
    rows = tuple(
        (
            found.curves[i].model.full_name,
            found.curves[j].model.full_name,
            *(cell(found.ratio(i, j, n)) for n in names),
        )
        for i, j in combinations(range(len(found.curves)), 2)
    )
    return Table("ratio of CMAX, first over second, by conversion", ("first", "second", *names), rows)


def _cards(found: ModelsCompared) -> Table:
    rows = []
    for curve in found.curves:
        about = curve.model.about
        if about is not None:
            rows.append(
                (
                    curve.model.full_name,
                    ", ".join(about.disease),
                    ", ".join(about.target),
                    about.kind,
                    about.origin,
                    about.cannot,
                )
            )
    return Table(
        "what they were made from", ("model", "disease", "target", "numbers", "data", "cannot"), tuple(rows)
    )


def table(_: ModelsCompare, found: ModelsCompared):
    """A row for each model and time: typical level, and percentiles of virtual subjects, in the common unit."""
    import pandas as pd

    parts = []
    for curve in found.curves:
        made = {
            "model": curve.model.full_name,
            "time_d": curve.days,
            "unit": found.unit,
            "factor": curve.factor,
            "typical": curve.typical.curve(curve.output) * curve.factor,
        }
        levels = (
            (None,) * 3
            if curve.many is None
            else curve.many.percentiles(curve.output, (5, 50, 95)) * curve.factor
        )
        parts.append(pd.DataFrame(made | dict(zip(("p5", "p50", "p95"), levels, strict=True))))
    return pd.concat(parts, ignore_index=True)


def figures(_: ModelsCompare, found: ModelsCompared) -> Iterator[tuple[Picture, object]]:
    """All models on one axis."""
    from livingdrug.plots import plot_models

    caption = (
        f"CAR-T cells in blood in {found.unit}: typical subjects, and the central 90 % of virtual subjects."
    )
    yield Picture("models", caption), plot_models(found)
