"""What the scenarios that start from a table of samples give, kept in a folder: check, nca, compare."""

from pathlib import Path

import numpy as np

from livingdrug.core.export import write_csv
from livingdrug.data import Check
from livingdrug.data.endpoints import check_endpoints
from livingdrug.nca import NcaResult
from livingdrug.nca.summary import KINDS, group_title, groups, summary
from livingdrug.products import Comparison, compare
from livingdrug.report.answer import Answer, Table, number, text_table
from livingdrug.scenario.report.pictures import left_out, write_comparison_picture, write_nca_pictures
from livingdrug.scenario.tables import Compare, Nca
from livingdrug.workflows.tables import analyse, checked_table, checks_of, hashes, size

SHOWN_ROWS = 3000  # of the long table; results.csv has all of them


def answer_nca(scenario: Nca, folder: Path) -> Answer:
    """Parameters of every profile, each with flag and reason."""
    settings = scenario.settings()
    checked = checked_table(scenario)
    result = analyse(scenario, checked.data, settings)
    rows = summary(result, scenario.by)
    write_csv(result.table(), folder / "results.csv")
    return Answer(
        title=f"Cellular kinetics of {result.data.name}",
        question=f"What are the cellular-kinetic parameters of the subjects in {result.data.name}?",
        sentences=(size(checked) + ".", *nca_sentences(result)),
        flags=(*_flags(result), *filter(None, (left_out(result), result.data.bridge and f"stamp: {result.data.bridge}"))),
        tables=(*group_tables(result, rows, scenario.by), _long(result)),
        pictures=tuple(write_nca_pictures(result, scenario.by, folder / "pictures")),
        data=hashes(scenario),
        **_nca_checks(scenario, checked, result),
    )


def answer_compare(scenario: Compare, folder: Path) -> Answer:
    """Subjects among published exposures."""
    settings = scenario.settings()
    checked = checked_table(scenario)
    comparison = compare(analyse(scenario, checked.data, settings), scenario.product, scenario.indication, scenario.spread)
    write_csv(comparison.table(), folder / "results.csv")
    data = comparison.result.data
    return Answer(
        title=f"{data.name} beside {comparison.product}",
        question=f"Where do the subjects in {data.name} lie among the published exposures of {comparison.product}?",
        sentences=placement_sentences(comparison),
        flags=tuple(dict.fromkeys(text for p in comparison.placements for text in (*p.cautions, p.absent) if text)),
        tables=(placement_table(comparison),),
        pictures=tuple(write_comparison_picture(comparison, folder / "pictures")),
        data=hashes(scenario),
        **_nca_checks(scenario, checked, comparison.result, comparison.notes),
    )


def _nca_checks(scenario: Nca, checked: Check, result: NcaResult, more: tuple[str, ...] = ()) -> dict:
    made = checks_of([checked, check_endpoints(scenario.endpoints)] if scenario.endpoints else [checked])
    made["checks"] = tuple(dict.fromkeys((*made["checks"], *result.data.notes, *more, *_rules(result))))
    return made


def _rules(result: NcaResult) -> list[str]:
    """How many values below the limit each rule touched."""
    return [
        f"values below the limit, {place}: rule `{v['rule']}`, {v['records']} value(s)"
        for place, v in result.below_limit().items()
    ]


def nca_sentences(result: NcaResult) -> list[str]:
    """Peak, its day and the area of each group in words."""
    said = []
    for key, members in groups(result).items():
        words = []
        for code in ("CMAX", "TMAX", "AUCINT"):
            values = result.values[code][members]
            known = values[np.isfinite(values)]
            unit = result.unit(code)[members[0]]
            words.append(f"median {code} {number(float(np.median(known)))} {unit}" if len(known) else f"no {code}")
        said.append(f"{group_title(key, len(members))}: {', '.join(words)}.")
    return said


def _flags(result: NcaResult) -> list[str]:
    """Each parameter with values to be watched or absent: how many, and the commonest reason."""
    rows = summary(result)
    told = []
    for row in rows.itertuples():
        counts = [f"{getattr(row, word)} {word}" for word in ("caution", "censored", "absent") if getattr(row, word)]
        if counts:
            told.append(f"{row.PARAMCD} ({row.output or 'values'}): {', '.join(counts)}; mostly: {row.reason}")
    return told


def group_tables(result: NcaResult, rows, by: str | None) -> list[Table]:
    """The parameters of each group over its subjects, with the number of flagged values."""
    made = []
    columns = ("PARAMCD", "param_unit", "n", "median", "min", "max", "geomean", "geocv", "caution", "censored", "absent",
               "reason")  # fmt: skip
    for key, members in groups(result, by).items():
        mine = rows[(rows[list(KINDS)] == list(key)).all(axis=1)]
        made.append(text_table(group_title(key, len(members)), mine, columns))
    return made


def _long(result: NcaResult) -> Table:
    frame = result.table()
    columns = ("ID", "PARAMCD", "value", "unit", "flag", "reason", "points", "OCC")
    more = f", the first {SHOWN_ROWS:,} of {len(frame):,}" if len(frame) > SHOWN_ROWS else ""
    return text_table(f"every value with flag, reason and points{more}", frame.iloc[:SHOWN_ROWS], columns)


def placement_sentences(comparison: Comparison) -> tuple[str, ...]:
    """How the user's geometric means stand to the published ones."""
    placed = [p for p in comparison.placements if np.isfinite(p.ratio)]
    if not placed:
        return ("No published number can be placed beside these subjects; the reasons are among the flags.",)
    return tuple(
        f"{p.fact.parameter}: your geometric mean is {number(p.ratio)} times the published one ({p.fact.group})."
        for p in placed
    )


def placement_table(comparison: Comparison) -> Table:
    """One row for each published number."""
    rows = []
    for p in comparison.placements:
        known = p.percentile[np.isfinite(p.percentile)]
        interval = f"{number(p.ratio)} ({number(p.low)} to {number(p.high)})" if np.isfinite(p.ratio) else "-"
        percentile = f"{np.median(known):.0f} ({known.min():.0f} to {known.max():.0f})" if len(known) else "-"
        rows.append((p.fact.group, f"{p.fact.parameter} {p.fact.unit}", p.fact.printed, interval, percentile,
                     "; ".join((*p.cautions, *filter(None, (p.absent,)))), p.fact.source))  # fmt: skip
    header = ("published group", "parameter", "published", "ratio (95 %)", "your percentile: median (range)", "watch",
              "source")  # fmt: skip
    return Table("beside published exposures", header, tuple(rows))
