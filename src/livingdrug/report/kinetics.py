"""What the scenarios that start from a table of samples give, kept in a folder: check, nca, compare."""

from pathlib import Path

import numpy as np

from livingdrug.core.export import write_csv
from livingdrug.data import Check, Finding, check
from livingdrug.data.endpoints import Endpoints, check_endpoints
from livingdrug.data.findings import printable, refusal
from livingdrug.nca import NcaResult
from livingdrug.nca.summary import KINDS, group_title, groups, summary
from livingdrug.products import Comparison, compare
from livingdrug.report.answer import Answer, Table, number, text_table
from livingdrug.report.folder_files import file_hash
from livingdrug.report.pictures import left_out, write_comparison_picture, write_nca_pictures
from livingdrug.scenario.tables import CheckFile, Compare, Nca, TableScenario, analyse

SHOWN_ROWS = 3000  # of the long table; results.csv has all of them


def answer_check(scenario: CheckFile, folder: Path) -> Answer:
    """Columns, findings and notes; the canonical table where the file is fit for analysis."""
    checked = check(scenario.file, scenario.reading())
    endpoints = check_endpoints(scenario.endpoints) if scenario.endpoints else None
    parts = [part for part in (checked, endpoints) if part]
    found = [f for part in parts for f in part.findings]
    write_csv(_findings_frame(found), folder / "findings.csv")
    ok = checked.ok and (endpoints is None or endpoints.ok)
    if ok:
        write_csv(checked.data.table(), folder / "results.csv")
    verdict = f"fit for analysis: {_size(checked)}" if ok else f"not fit for analysis: {len(found)} finding(s) to mend"
    return Answer(
        title=f"Check of {checked.name}",
        question=f"Is {checked.name} fit for analysis, and what does each column mean?",
        sentences=(f"{checked.name} is {verdict}.",),
        flags=tuple(f.sentence() for f in found),
        data=hashes(scenario),
        ok=ok,
        **checks_of(parts),
    )


def answer_nca(scenario: Nca, folder: Path) -> Answer:
    """Parameters of every profile, each with flag and reason."""
    settings = scenario.settings()
    checked = _fit(scenario)
    result = analyse(scenario, checked.data, settings)
    rows = summary(result, scenario.by)
    write_csv(result.table(), folder / "results.csv")
    return Answer(
        title=f"Cellular kinetics of {result.data.name}",
        question=f"What are the cellular-kinetic parameters of the subjects in {result.data.name}?",
        sentences=(_size(checked) + ".", *nca_sentences(result)),
        flags=(*_flags(result), *filter(None, (left_out(result), result.data.bridge and f"stamp: {result.data.bridge}"))),
        tables=(*group_tables(result, rows, scenario.by), _long(result)),
        pictures=tuple(write_nca_pictures(result, scenario.by, folder / "pictures")),
        data=hashes(scenario),
        **_nca_checks(scenario, checked, result),
    )


def answer_compare(scenario: Compare, folder: Path) -> Answer:
    """Subjects among published exposures."""
    settings = scenario.settings()
    checked = _fit(scenario)
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


def _fit(scenario: TableScenario) -> Check:
    """The check of a file that is fit; InputError with every fault where it is not."""
    checked = check(scenario.file, scenario.reading())
    if checked.data is None:
        raise refusal(checked.name, checked.findings)
    return checked


def hashes(scenario: TableScenario) -> tuple[tuple[str, str], ...]:
    """(name, SHA-256) of the files that the scenario reads."""
    return tuple((printable(Path(path).name), file_hash(path)) for path in (scenario.file, scenario.endpoints) if path)


def _size(checked: Check) -> str:
    data = checked.data
    return f"{len(data.subjects):,} subjects, {data.profiles.n:,} profiles, {data.rows:,} samples"


def column_table(part: Check | Endpoints) -> Table:
    """What each column was taken for, and why."""
    rows = tuple((printable(c.name), c.meaning, printable(c.unit), c.why) for c in part.columns)
    return Table(f"columns of {part.name}", ("your column", "our meaning", "unit", "why"), rows)


def finding_table(found: tuple[Finding, ...] | list[Finding], name: str) -> Table:
    """Faults by line."""
    rows = tuple(
        (str(f.line), printable(f.column), f.severity, printable(f.problem, 300) + f" ({f.rows} rows)" * (f.rows > 1), f.fix)
        for f in found
    )  # fmt: skip
    return Table(f"findings in {name}", ("line", "column", "severity", "what is wrong", "how to mend it"), rows)


def _findings_frame(found: list[Finding]):
    import pandas as pd

    columns = ["code", "severity", "line", "column", "value", "problem", "fix", "rows"]
    return pd.DataFrame([vars(f) for f in found], columns=columns)


def checks_of(parts: list[Check | Endpoints]) -> dict:
    """`checks` and `check_tables` of an Answer about tables that were read."""
    tables = [column_table(part) for part in parts]
    tables += [finding_table(part.findings, part.name) for part in parts if part.findings]
    return {"checks": tuple(note for part in parts for note in part.notes), "check_tables": tuple(tables)}


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
