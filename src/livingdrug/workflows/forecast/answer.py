"""What each patient's samples so far say, in words, tables and figures."""

import math
from collections.abc import Iterator

from livingdrug.core.words import number
from livingdrug.forecast import FALL, Interval, Patient, exposure_of, factor_to, interval
from livingdrug.report import Answer, Cell, Picture, Table, cell, model_card
from livingdrug.simulation import expansion_words
from livingdrug.workflows.curves import TakenCurve
from livingdrug.workflows.forecast.checked import check_sentences, check_table, checks_tables
from livingdrug.workflows.forecast.spec import Forecasts, ForecastScenario
from livingdrug.workflows.tables import checks_of, hashes

SHOWN = 12  # panels of the figure
NAMED = 5  # patients in a sentence


def answer(scenario: ForecastScenario, found: Forecasts) -> Answer:
    """Who is expected to have the highest exposure, and how sure that is."""
    made, how = found.forecast, checks_of(list(found.parts))
    when = "from all samples" if made.at is None else f"from samples to day {made.at:g}"
    return Answer(
        title=f"Forecast of {made.output} in {len(made.patients):,} patients {when}",
        question=f"What do the samples so far say of each patient's {made.output} to day {made.until:g}?",
        sentences=(*_sentences(found), *_more(found), *check_sentences(made)),
        flags=tuple(f"{p.name}: {p.why}" for p in made.patients if p.why),
        checks=(*how["checks"], *made.notes, *_curves(found)),
        check_tables=how["check_tables"],
        tables=(_patients(found), *_gains(found), *checks_tables(made), _parameters(found)),
        cards=(model_card(found.model),),
        data=hashes(scenario),
        seed=scenario.seed,
    )


def _sentences(found: Forecasts) -> Iterator[str]:
    made = found.forecast
    known = [p for p in made.patients if not p.prior]
    if known:
        # patients may stand by their probability of response
        first = max(
            known, key=lambda p: p.of("auc28").median if math.isfinite(p.of("auc28").median) else -math.inf
        )
        low, high = first.of("auc28").low, first.of("auc28").high
        yield (
            f"Highest expected AUC28: {first.name}, {number(first.of('auc28').median)} {made.unit}*d "
            f"(90 % interval {number(low)} to {number(high)}) from {first.samples} samples"
        )
        folds = sorted(p.of("auc28").high / p.of("auc28").low for p in known if p.of("auc28").low > 0)
        if folds:
            middle = folds[len(folds) // 2]
            either = number(math.sqrt(middle))
            yield f"In the middle patient AUC28 is known to a factor of {either} either way (90 % interval)"
        limited = [p for p in known if p.of("fall").known]
        if limited:
            count = sum(p.above >= 0.5 for p in limited)
            yield f"{count} of {len(limited)} patients are more likely than not above the limit on day {made.until:g}"
    else:
        yield "No patient has a sample that was used, so every forecast is that of the population"


def _patients(found: Forecasts) -> Table:
    made = found.forecast
    rows = []
    for p in made.patients:
        flag, mark = ("caution", " *") if p.why else ("", "")
        rows.append(
            (
                p.name + mark,
                str(p.samples) if not p.prior else "0 (population)",
                _cell(p.of("cmax"), made.unit, flag, p.why),
                *((_cell(p.of("xcmax"), made.unit),) if made.infusate else ()),
                _cell(p.of("tmax"), "d"),
                _cell(p.of("auc28"), f"{made.unit}*d"),
                _fall(p, made.until),
                *(cell(float(draws.mean()), ends=_ends(draws)) for draws in p.chance.values()),
            )
        )
    names = [name for p in made.patients[:1] for name in p.chance]
    peaks = (f"CMAX ({made.unit})", *((f"XCMAX ({made.unit})",) if made.infusate else ()))
    header = (
        "patient", "samples", *peaks, "TMAX (d)", f"AUC28 ({made.unit}*d)", FALL,
        *(f"P({n})" for n in names),
    )  # fmt: skip
    return Table(f"patients by {made.order}: median (90 % interval)", header, tuple(rows))


def _ends(draws) -> tuple[float, float]:
    found = interval(draws)
    return found.low, found.high


def _gains(found: Forecasts) -> tuple[Table, ...]:
    """The day on which one more sample is expected to narrow AUC28's interval most, and by how much."""
    rows = []
    for p in found.forecast.patients:
        if p.next is not None:
            best = p.next.best
            now = cell(p.next.now)
            rows.append(
                (p.name, now, "none narrows it much", "-")
                if best is None
                else (p.name, now, f"{p.next.days[best]:g}", cell(float(p.next.fold[best])))
            )
    header = ("patient", "ratio of the ends now", "day of one more sample", "ratio expected with it")
    return (Table("one more sample: 90 % interval of AUC28", header, tuple(rows)),) if rows else ()


def _more(found: Forecasts) -> Iterator[str]:
    """What is said of probabilities and of one more sample."""
    made = found.forecast
    known = [p for p in made.patients if not p.prior]
    for name in found.curves:
        said = [(p, float(p.chance[name].mean())) for p in known if len(p.chance.get(name, ()))]
        if said:
            values = [value for _, value in said]
            yield f"Probability of {name}: {min(values):.0%} to {max(values):.0%} over the patients with samples"
    gains = [(p.name, p.next, p.next.best) for p in known if p.next is not None and p.next.best is not None]
    if gains:
        who, more, k = max(gains, key=lambda g: math.log(g[1].now) - math.log(g[1].fold[g[2]]))
        yield (
            f"One more sample buys most for {who}: on day {more.days[k]:g} it is expected to narrow the "
            f"ends of AUC28's interval from {number(more.now)}-fold to {number(more.fold[k])}-fold"
        )


def _curves(found: Forecasts) -> Iterator[str]:
    for name, used in found.curves.items():
        exact = "with the error of its coefficients" if used.curve.covariance is not None else (
            "no error of its coefficients is known, so intervals of the probability are too narrow"
        )
        *doubts, about = used.about
        yield from doubts
        yield f"{about}; {exact}"
        if used.curve.exposure == "CMAX" and found.forecast.infusate:
            yield expansion_words(name)
        outside = _outside(found, used)
        if outside:
            shown = ", ".join(outside[:NAMED]) + (", ..." if len(outside) > NAMED else "")
            yield (
                f"caution: {used.curve.exposure} of {len(outside)} patient(s) lies outside the exposures "
                f"that {name} was fitted to, so its probability is extrapolated: {shown}"
            )


def _outside(found: Forecasts, used: TakenCurve) -> list[str]:
    """Patients whose median exposure lies outside those that a curve was fitted to."""
    if used.lowest is None or used.highest is None:
        return []
    of, factor = exposure_of(used.curve), factor_to(used.curve, found.forecast.unit)
    medians = {p.name: p.of(of).median * factor for p in found.forecast.patients if p.of(of).known}
    return [name for name, median in medians.items() if not used.lowest <= median <= used.highest]


def _cell(of: Interval, unit: str, flag: str = "", why: str = "") -> Cell:
    return cell(of.median if of.known else None, unit, (of.low, of.high), flag, why)


def _fall(p: Patient, until: float) -> Cell:
    """The day of falling below the limit; ends beyond the horizon are said to be."""
    of = p.of("fall")
    if not of.known:
        return Cell(
            "limit not known", None, "d", "caution", "no sample states a limit of quantification (--limit)"
        )

    def words(value: float) -> str:
        return f"> {until:g}" if math.isinf(value) else "never above" if value == 0 else number(value)

    return Cell(f"{words(of.median)} ({words(of.low)} to {words(of.high)})", of.median, "d")


def _parameters(found: Forecasts) -> Table:
    rows = [
        (row["ID"], row["parameter"], cell(row["mode"]), cell(row["median"], ends=(row["low"], row["high"])))
        for row in found.forecast.parameters().to_dict("records")
    ]
    return Table(
        "individual parameters",
        ("patient", "parameter", "mode (EBE)", "median (90 % interval)"),
        tuple(rows),
        True,
    )


def table(_: ForecastScenario, found: Forecasts):
    """A row for each patient."""
    return found.forecast.table()


def files(_: ForecastScenario, found: Forecasts) -> dict:
    """Every curve with its bands, and the individual parameters."""
    made = found.forecast
    return {
        "curves.csv": made.curves(),
        "individual_parameters.csv": made.parameters(),
        "next_sample.csv": made.next_samples(),
        "check.csv": check_table(made),
    }


def figures(_: ForecastScenario, found: Forecasts) -> Iterator[tuple[Picture, object]]:
    """A panel for each of the first patients."""
    from livingdrug.plots import plot_forecast, plot_forecast_check

    made = found.forecast
    more = len(made.patients) - SHOWN
    rest = (
        f" The first {SHOWN} of {len(made.patients)} patients by {made.order}; the others are in curves.csv."
    )
    caption = (
        "Samples used (filled) and later ones (grey), below the limit (open, at the limit); median curve "
        "with its 90 % band, lighter the band of samples with residual error; vertical line: the last day "
        f"used.{rest if more > 0 else ''}"
    )
    yield Picture("forecast", caption), plot_forecast(made, made.patients[:SHOWN])
    if made.checks:
        caption = (
            "Left: part of later samples within their 90 % interval by the day of the cut (95 % interval "
            "over patients). Right: later samples in each fifth of what was expected of them; a fifth each "
            "if forecasts are calibrated."
        )
        yield Picture("check", caption), plot_forecast_check(made)
