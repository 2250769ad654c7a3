"""Two values of one profile at one time: a fault, their mean, or replicates, as the user says."""

import numpy as np

from livingdrug.data.findings import Findings, printable
from livingdrug.data.outputs import may_differ
from livingdrug.data.parse import Parsed
from livingdrug.data.reading import Reading
from livingdrug.data.table import Data


def settle_doubles(data: Data, parsed: Parsed, reading: Reading, apart: set[str], findings: Findings) -> Data:
    """Two values of one profile at one time: a fault, or their mean where the user said so. Rows that
    differ in a column of `apart` are no doubles before the user has said what that column is, and no
    advice averages them."""
    from dataclasses import replace

    same = (data.profile[1:] == data.profile[:-1]) & (data.time[1:] == data.time[:-1])
    if not same.any():
        return data
    if reading.duplicates is None:
        for name in apart:
            same = same & (data.by_row[name][1:] == data.by_row[name][:-1])
        for i in np.flatnonzero(same) + 1:
            lines = sorted((int(data.line[i - 1]), int(data.line[i])))
            subject = printable(data.subjects[data.profiles.subject[data.profile[i]]], 40)
            problem = (
                f"subject `{subject}` has two values at time {data.time[i]:g} (the other is line {lines[0]})"
            )
            differ = [
                n
                for n, texts in data.by_row.items()
                if texts[i] != texts[i - 1] and may_differ(n, reading.columns)
            ]
            fix = "delete one, or say --duplicates mean (or, in a fit, keep: they are replicates)"
            if differ:
                problem += f", which differ in {', '.join(f'`{printable(n, 40)}`' for n in differ[:4])}"
                fix = "delete one, or say with --column what tells them apart"
            findings.add("double", lines[1], parsed.name("TIME"), f"{data.time[i]:g}", problem, fix)
        return data
    if reading.duplicates == "keep":
        return _as_replicates(data, same, findings)
    start = np.flatnonzero(np.r_[True, ~same])
    sizes = np.diff(np.r_[start, data.rows])
    measured = data.cens != 1
    count = np.add.reduceat(measured, start)
    total = np.add.reduceat(np.where(measured, data.dv, 0.0), start)
    mean = np.where(count > 0, total / np.maximum(count, 1), data.dv[start])
    mixed = int(((count > 0) & (count < sizes)).sum())
    more = f"; in {mixed} of them values below the limit were set aside" if mixed else ""
    findings.note(
        f"{int((sizes > 1).sum())} set(s) of values at one time were replaced by their mean, as "
        f"you said{more}"
    )
    cens = np.where(count > 0, np.where(data.cens[start] == 1, 0, data.cens[start]), 1).astype(np.int8)
    return replace(
        data, profile=data.profile[start], time=data.time[start], dv=mean, cens=cens, limit=data.limit[start],
        line=data.line[start], by_row={k: v[start] for k, v in data.by_row.items()}, end=data.end[start],
    )  # fmt: skip


def _as_replicates(data: Data, same: np.ndarray, findings: Findings) -> Data:
    sets = int((same & ~np.r_[False, same[:-1]]).sum())
    copies = (
        np.flatnonzero(same & (data.dv[1:] == data.dv[:-1]) & (data.cens[1:] == 0) & (data.cens[:-1] == 0))
        + 1
    )
    found = (
        f"; {len(copies)} of them equal another one exactly (the first is line "
        f"{data.line[copies].min()}): delete copies"
    )
    findings.note(
        f"{sets} set(s) of values of one subject, output and time are replicates, each with a residual error "
        f"of its own (--duplicates mean takes their mean){found if len(copies) else ''}"
    )
    return data
