"""Rows of doses in the words of NONMEM and Monolix: repeats get rows of their own, clocks that start again go
on."""

from dataclasses import replace

import numpy as np

from livingdrug.data.findings import Findings
from livingdrug.data.meanings import SAID
from livingdrug.data.parse import Parsed
from livingdrug.data.table import Doses

MOST = 10_000  # additional doses of one row
MOST_ROWS = 200_000  # of a file
GAP = 1.0  # of time, between what was before and after a reset whose clock starts again
SAME = 1e-6  # of each other: a length and a rate that say the same
STEADY = {0: "", 1: "replace", 2: "add"}


def unfolded(
    parsed: Parsed, time: np.ndarray, subject: np.ndarray, findings: Findings
) -> tuple[Parsed, np.ndarray, np.ndarray]:
    """(rows, times, subjects) with a row for every dose that ADDL stands for; faulty rows go to findings.

    What a reset (EVID 3 or 4) or a steady state (SS 1) takes the place of is left out, as NONMEM does.
    """
    given = dose_rows(parsed) | (parsed.evid == 3)
    if not given.any():
        return parsed, time, subject
    _check(parsed, findings)
    infusions = int((dose_rows(parsed) & ((number(parsed, "RATE") > 0) | (number(parsed, "DUR") > 0))).sum())
    if infusions:
        findings.note(
            f"{infusions} dose(s) are infusions: a fit follows them, and an analysis without a model counts "
            "time from their start"
        )
    time = _clock_goes_on(parsed, time, subject, findings)
    repeats = np.where(dose_rows(parsed), number(parsed, "ADDL"), 0).astype(np.int64)
    if not (repeats > 0).any() or findings.failed:
        return parsed, time, subject
    counts = repeats + 1
    if counts.sum() > MOST_ROWS + len(time):
        row = np.argmax(repeats)
        findings.add(
            "dose",
            findings.lines[row],
            parsed.name("ADDL"),
            str(repeats[row]),
            f"all rows of doses stand for {repeats.sum():,} more",
            f"give {MOST_ROWS:,} or fewer",
        )
        return parsed, time, subject
    rows = np.repeat(np.arange(len(time)), counts)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    when = time[rows] + nth * number(parsed, "II")[rows]
    kept = (nth == 0) | (when < _next_reset(parsed, time, subject)[rows])
    findings.note(
        f"{int((repeats > 0).sum())} row(s) of doses stand for {int((kept & (nth > 0)).sum())} more (ADDL)"
    )
    rows, nth, when = rows[kept], nth[kept], when[kept]
    findings.lines = findings.lines[rows]
    findings.left_out = None if findings.left_out is None else findings.left_out[rows]
    return _plain_repeats(parsed.take(rows), nth > 0), when, subject[rows]


def dose_rows(parsed: Parsed) -> np.ndarray:
    """Rows that are doses and are used."""
    return np.isin(parsed.evid, (1, 4)) & ~parsed.excluded


def number(parsed: Parsed, meaning: str) -> np.ndarray:
    """A column of doses as numbers, 0 where nothing is said."""
    if meaning not in parsed.event:
        return np.zeros(len(parsed.evid))
    return np.nan_to_num(parsed.event[meaning].value)


def _plain_repeats(parsed: Parsed, later: np.ndarray) -> Parsed:
    """Additional doses are neither steady states nor resets."""
    event = dict(parsed.event)
    for name in ("ADDL", "SS"):
        if name in event:
            none = later | (name == "ADDL")
            event[name] = replace(event[name], value=np.where(none, 0.0, event[name].value))
    evid = np.where(later & (parsed.evid == 4), 1, parsed.evid).astype(parsed.evid.dtype)
    return replace(parsed, event=event, evid=evid)


def _next_reset(parsed: Parsed, time: np.ndarray, subject: np.ndarray) -> np.ndarray:
    """Time of the next reset or steady state of each row's subject, inf without one."""
    stops = (
        (np.isin(parsed.evid, (3, 4)) | (dose_rows(parsed) & (number(parsed, "SS") == 1)))
        & ~parsed.excluded
        & np.isfinite(time)
    )
    found = np.full(len(time), np.inf)
    for who in np.unique(subject[stops]):
        own = np.sort(time[stops & (subject == who)])
        mine = np.flatnonzero(subject == who)
        place = np.searchsorted(own, time[mine], side="right")
        found[mine] = np.append(own, np.inf)[place]
    return found


def _clock_goes_on(parsed: Parsed, time: np.ndarray, subject: np.ndarray, findings: Findings) -> np.ndarray:
    """Times that go on where a reset (EVID 3 or 4) puts the clock back; occasions with numbers keep their own
    clocks."""
    resets = np.isin(parsed.evid, (3, 4)) & ~parsed.excluded & np.isfinite(time)
    if parsed.has("OCC") or not resets.any():
        return time
    time, touched = time.copy(), 0
    for who in np.unique(subject[resets]):
        mine = np.flatnonzero((subject == who) & np.isfinite(time))
        before = np.r_[-np.inf, np.maximum.accumulate(time[mine])[:-1]]
        back = np.flatnonzero(resets[mine] & (time[mine] < before))
        for i in back.tolist():
            time[mine[i:]] += time[mine[:i]].max() + GAP - time[mine[i]]
        touched += len(back) > 0
    if touched:
        findings.note(
            f"{touched} subject(s) count time from a reset (EVID 3 or 4) again: what follows it is put "
            f"{GAP:g} after the last row before it, which changes nothing, as everything restarts there"
        )
    return time


def _check(parsed: Parsed, findings: Findings) -> None:
    """Every event column says something that can be obeyed, or is refused by line."""
    dosed = dose_rows(parsed)
    for name in ("RATE", "DUR", "ADDL", "SS"):
        stray = (number(parsed, name) != 0) & ~dosed & ~parsed.excluded
        if name in ("RATE", "DUR") and stray.any() and parsed.columns[name].why != SAID:
            rows, own = np.flatnonzero(stray), parsed.name(name)
            findings.at(
                "dose",
                rows,
                own,
                [f"{v:g}" for v in number(parsed, name)[rows]],
                f"{{}} stands in a row that is no dose, so `{own}` may not say how fast doses are given",
                f"leave such cells empty, or say --column {own}={name}, or {own}=covariate",
            )
        elif stray.any():
            first = int(findings.lines[stray].min())
            findings.note(
                f"`{parsed.name(name)}` of {int(stray.sum())} row(s) that are no doses plays no part (the "
                f"first is line {first})"
            )

    def wrong(mask: np.ndarray, name: str, problem: str, fix: str) -> None:
        rows = np.flatnonzero(mask & dosed)
        findings.at(
            "dose", rows, parsed.name(name), [f"{v:g}" for v in number(parsed, name)[rows]], problem, fix
        )

    rate, length, more, every, steady = (number(parsed, name) for name in ("RATE", "DUR", "ADDL", "II", "SS"))
    amount = np.nan_to_num(parsed.amount.value)
    estimated = "a rate of {} means that the model estimates it, which is not done here"
    wrong(np.isin(rate, (-1, -2)), "RATE", estimated, "give the rate, or the length in a column DUR")
    wrong(
        (rate < 0) & ~np.isin(rate, (-1, -2)),
        "RATE",
        "{} is no rate",
        "give amount per time, or 0 for a bolus",
    )
    wrong(length < 0, "DUR", "{} is no length of an infusion", "give the time that it took, or 0 for a bolus")
    both = (rate > 0) & (length > 0) & (np.abs(rate * length - amount) > SAME * amount)
    wrong(
        both, "RATE", "the rate {} and the length of the infusion do not make its amount", "give one of them"
    )
    wrong(
        (more < 0) | (more > MOST) | (more % 1 != 0),
        "ADDL",
        "{} is no number of additional doses",
        f"give a whole number from 0 to {MOST:,}",
    )
    wrong(
        (more > 0) & (every <= 0),
        "ADDL",
        "{} additional doses have no time between them",
        "give it in a column II",
    )
    wrong(
        ~np.isin(steady, (0, 1, 2)),
        "SS",
        "{} says no steady state",
        "write 0, 1 (in place of what is there) or 2",
    )
    constant = (amount == 0) & (rate > 0)
    wrong(
        np.isin(steady, (1, 2)) & (every <= 0) & ~constant,
        "SS",
        "the steady state has no time between its doses",
        "give it in a column II",
    )
    wrong(
        (rate > 0) & (amount == 0) & (steady == 0),
        "RATE",
        "the rate {} without an amount never ends",
        "give the amount",
    )
    rows = np.flatnonzero(dosed & (parsed.texts["CMT"] != ""))
    off = rows[[text.startswith("-") for text in parsed.texts["CMT"][rows]]] if len(rows) else rows
    findings.at(
        "dose",
        off,
        parsed.name("CMT"),
        parsed.texts["CMT"][off],
        "{} turns a compartment off, which is not done here",
        "leave such rows out, or reset all by EVID 3",
    )


def doses_of(parsed: Parsed, timed, codes: np.ndarray, lines: np.ndarray, start: np.ndarray) -> Doses | None:
    """All doses and resets by subject and time. start (profiles,): see `Doses`."""
    if not timed.is_dose.any():
        return None
    since = timed.start + timed.time
    rows = np.flatnonzero(timed.is_dose | ((parsed.evid == 3) & ~parsed.excluded & np.isfinite(since)))
    rows = rows[np.lexsort((np.arange(len(rows)), since[rows], codes[rows]))]
    dosed = timed.is_dose[rows]
    amount = np.where(dosed, parsed.amount.value[rows], 0.0)
    rate, length = number(parsed, "RATE")[rows], number(parsed, "DUR")[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        length = np.where(
            dosed & (length == 0) & (rate > 0) & (amount > 0), amount / rate, np.where(dosed, length, 0.0)
        )
    into = np.where(
        dosed & ~np.isin(parsed.texts["CMT"][rows], ["", ".", "0"]), parsed.texts["CMT"][rows], ""
    )
    steady = np.where(dosed, number(parsed, "SS")[rows], 0).astype(int)
    return Doses(
        codes[rows],
        timed.occasion[rows],
        since[rows],
        amount,
        start,
        timed.zero,
        lines[rows],
        length,
        np.where((amount == 0) & (steady > 0), rate, 0.0),
        into.astype(object),
        np.where(steady > 0, number(parsed, "II")[rows], 0.0),
        np.array([STEADY.get(s, "") for s in steady], dtype=object),
        np.isin(parsed.evid[rows], (3, 4)),
        dosed,
    )
