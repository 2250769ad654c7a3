"""Lysis tables: percent lysis with ratios as headings, and raw release (LDH, chromium) with its controls
named in words."""

import re

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.cells import Cells
from livingdrug.assay.context import Context
from livingdrug.assay.plate import QUANTITIES
from livingdrug.assay.source import Line
from livingdrug.assay.words import ratio_inside, read_ratio
from livingdrug.data import NUMBER, Column, Findings, decimal_sign, plain_word, printable, read_cell

_REPLICATE = re.compile(r"(rep|replicate|well|n)\s*\.?\s*\d+", re.IGNORECASE)
CONTROLS = {
    "target spontaneous": r"(target)?\s*(spontaneous|minimum)(?!.*effector)",
    "target maximum": r"(target)?\s*(maximum|max\b|full lysis|triton)",
    "effector spontaneous": r"effector\s*(spontaneous|alone|only)",
    "medium": r"medium|media|blank|background",
}


def is_percent(row: list[str]) -> bool:
    """Whether a line of headings holds a construct and then ratios, each over its replicates."""
    ratios = [cell for cell in row[1:] if cell]
    return (
        bool(row[0])
        and len(ratios) >= 1
        and all(":" in cell and read_ratio(cell) is not None for cell in ratios)
    )


def is_raw(row: list[str]) -> bool:
    """Whether a line of headings holds the ratio and replicates of a release assay."""
    return any(plain_word(cell) in ("et", "etratio") for cell in row) and any(
        _REPLICATE.fullmatch(cell) for cell in row
    )


def read_percent(
    rows: list[Line], i: int, context: Context, reading: AssayReading, cells: Cells, findings: Findings
) -> int:
    """Add the percent lysis of the table whose headings are row i; the row after it."""
    line, headings = rows[i]
    findings.heading = line
    quantity = reading.quantity or "lysis"
    ratio, columns = "", []
    for k, cell in enumerate(headings[1:], 1):
        ratio = cell or ratio
        columns.append((k, ratio, sum(r == ratio for _, r, _ in columns) + 1))
    findings.note(
        f"the headings are effector-to-target ratios; each holds for the columns up to the next "
        f"({columns[-1][2]} replicates), and the cells are read as {quantity} in {QUANTITIES[quantity][0]}"
    )
    k = i + 1
    for n, row in rows[i + 1 :]:
        if not any(row):
            break
        for place, ratio, replicate in columns:
            text = row[place] if place < len(row) else ""
            name = f"{row[0]} {ratio} rep{replicate}"
            cells.samples.add(name)
            cells.facts[context.plate, name] = {"construct": row[0], "ratio": ratio}
            cells.add(
                line=n,
                column=f"{headings[0]} {ratio}",
                plate=context.plate,
                well=name,
                time=context.time,
                quantity=quantity,
                unit=QUANTITIES[quantity][0],
                text=text,
            )
        k += 1
    return k


def read_raw(
    rows: list[Line], i: int, context: Context, cells: Cells, findings: Findings
) -> tuple[int, tuple[Column, ...]]:
    """Add the percent lysis of the release table whose headings are row i, corrected by its controls; (row
    after, columns).

    LDH: 100 (experimental - effector spontaneous - target spontaneous) / (target maximum - target
    spontaneous), all minus the medium. The effector control belongs to one ratio; a ratio without its own
    is missing, never corrected by another.
    """
    line, headings = rows[i]
    findings.heading = line
    columns = _columns(headings)
    body = _whole_rows(rows[i + 1 :], len(headings), findings)
    what = next(k for k, c in enumerate(columns) if c.meaning == "ratio or control")
    replicates = [k for k, c in enumerate(columns) if c.meaning == "replicate"]
    means, effectors = _controls(body, what, replicates, findings)
    lost = [name for name in ("target spontaneous", "target maximum") if name not in means]
    lines = {
        row[k] for _, row in body for k, c in enumerate(columns) if c.meaning == "target cells" and row[k]
    }
    if len(lines) > 1:
        findings.add(
            "two-targets",
            line,
            "",
            "",
            f"the table holds {', '.join(sorted(lines))}: each has controls of its own",
            "give one file for each target line",
        )
        return i + 1 + len(body), columns
    if not lost and not means["target maximum"] > means["target spontaneous"]:
        findings.add(
            "controls",
            line,
            headings[what],
            "",
            "the target maximum is not above the target spontaneous",
            "look at the wells of full lysis",
        )
        return i + 1 + len(body), columns
    if lost:
        findings.add(
            "no-controls",
            line,
            headings[what],
            "",
            f"the table has no row {' and no row '.join(lost)}",
            "add its wells: without them release is no percent lysis",
        )
        return i + 1 + len(body), columns
    if not effectors:
        findings.note(
            "no effector-spontaneous control: percent lysis is that of chromium, without this correction"
        )
    for n, row in body:
        ratio = read_ratio(row[what])
        if ratio is not None:
            _add(n, row, ratio, what, replicates, headings, means, effectors, context, cells, findings)
    return i + 1 + len(body), columns


def _whole_rows(rows: list[Line], width: int, findings: Findings) -> list[Line]:
    """The rows that are not blank; one that is shorter than the headings is a fault."""
    for line, row in rows:
        if any(row) and len(row) < width:
            problem = f"the row has {len(row)} of {width} cells"
            findings.add(
                "truncated", line, "", " ".join(row)[:40], problem, "export again: the file may end early"
            )
    return [(line, row) for line, row in rows if any(row) and len(row) >= width]


def _columns(headings: list[str]) -> tuple[Column, ...]:
    made = []
    for heading in headings:
        word = plain_word(heading)
        if word in ("et", "etratio"):
            made.append(Column(heading, "ratio or control", "the heading"))
        elif _REPLICATE.fullmatch(heading):
            made.append(Column(heading, "replicate", "the heading"))
        else:
            made.append(
                Column(
                    heading,
                    "target cells" if word.startswith(("target", "line", "cell")) else "ignore",
                    "the heading",
                )
            )
    return tuple(made)


def _number(text: str, decimal: str) -> float:
    value, _, kind = read_cell(text, decimal)
    return value if kind == NUMBER else np.nan


def _controls(body: list[Line], what: int, replicates: list[int], findings: Findings):
    """(control -> mean of its wells, ratio -> mean of its effector control)."""
    decimal = decimal_sign(
        [np.array([row[k] for _, row in body if k < len(row)], dtype=object) for k in replicates]
    )
    means: dict[str, float] = {}
    effectors: dict[float, float] = {}
    for n, row in body:
        if read_ratio(row[what]) is not None:
            continue
        values = [_number(row[k], decimal) for k in replicates if k < len(row)]
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else np.nan
        name = next(
            (
                c
                for c in ("effector spontaneous", *CONTROLS)
                if re.search(CONTROLS[c], row[what], re.IGNORECASE)
            ),
            "",
        )
        ratio = read_ratio(ratio_inside(row[what])) if ratio_inside(row[what]) else None
        if not name:
            findings.add(
                "control",
                n,
                "",
                row[what],
                f"`{printable(row[what], 40)}` is neither a ratio nor a control",
                f"name it one of {', '.join(CONTROLS)}",
            )
        elif name == "effector spontaneous":
            effectors[np.nan if ratio is None else ratio] = mean
        else:
            means[name] = mean
    return means, effectors


def _add(
    n, row, ratio, what, replicates, headings, means, effectors, context: Context, cells: Cells, findings
) -> None:
    medium = means.get("medium", 0.0)
    spontaneous, maximum = means["target spontaneous"] - medium, means["target maximum"] - medium
    own = next((value for key, value in effectors.items() if np.isclose(key, ratio)), np.nan)
    if not effectors:
        own = medium
    if np.isnan(own):
        findings.note(
            f"line {n}: {row[what]} has no effector-spontaneous control of its own number of effectors: its "
            "lysis is missing (add the control, or leave it out of all ratios to have none corrected)"
        )
    for replicate, k in enumerate(replicates, 1):
        text = row[k] if k < len(row) else ""
        value = _number(text, "," if "," in text else ".")
        lysis = 100 * ((value - medium) - (own - medium) - spontaneous) / (maximum - spontaneous)
        name = f"{row[what]} rep{replicate}"
        cells.samples.add(name)
        cells.facts[context.plate, name] = {"ratio": row[what]}
        cells.add(
            line=n,
            column=headings[k],
            plate=context.plate,
            well=name,
            time=context.time,
            quantity="lysis",
            unit="%",
            text=repr(float(lysis)) if np.isfinite(lysis) else "" if np.isfinite(value) else text,
        )
