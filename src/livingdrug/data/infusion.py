"""When was the infusion? Times become times since the infusion of their profile; a reinfusion starts a new profile."""

import re
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.units import factor_between
from livingdrug.data.cells import MISSING, is_missing
from livingdrug.data.distinct import distinct
from livingdrug.data.doses import number
from livingdrug.data.findings import Findings, printable
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import DAY_WORDS, Column
from livingdrug.data.parse import Parsed
from livingdrug.data.reading import Reading

_DATE = re.compile(r"\s*(\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})")
FIRST_BY_DAY = 60  # a first sample later than this needs a word on when the infusion was
SPREADSHEET_DAYS = (32874, 54789)  # 1990 to 2049


@dataclass(frozen=True)
class Timed:
    """time (n,): since the infusion of the row's occasion; occasion (n,): text; dose (n,): given in that occasion, or nan;
    start (n,): of that occasion, since the first infusion of the subject; is_dose (n,): rows that are doses; zero
    (subjects,): time of that first infusion as the file counts it, 0 without one."""

    time: np.ndarray
    occasion: np.ndarray
    dose: np.ndarray
    start: np.ndarray
    is_dose: np.ndarray
    zero: np.ndarray


def with_dates(grid: Grid, columns: tuple[Column, ...], reading: Reading) -> tuple[Column, ...]:
    """The columns, with a column of times that holds dates as the column of dates that it is, and without a column of
    days beside the dates of sample and infusion."""
    found = {c.meaning: i for i, c in enumerate(columns)}
    if "TIME" not in found or columns[found["TIME"]].name in reading.columns:
        return columns
    i = found["TIME"]
    if "DATE" in found:
        exact = "INFUSED" in found and columns[i].word in DAY_WORDS
        column = replace(
            columns[i], meaning="covariate", why="the dates of sample and infusion say it exactly"
        )
        return (*columns[:i], column, *columns[i + 1 :]) if exact else columns
    cells = [text for text in grid.columns[i][:1000] if not is_missing(text)]
    if not cells or not all(_DATE.match(text) for text in cells):
        return columns
    column = replace(columns[i], meaning="DATE", why="its cells are dates", unit="")
    return (*columns[:i], column, *columns[i + 1 :])


def raw_times(parsed: Parsed, reading: Reading, findings: Findings) -> tuple[np.ndarray, str]:
    """(times as the file counts them, unit). Dates become days with the rule in a note."""
    if parsed.has("TIME"):
        missing = np.flatnonzero((parsed.time.kind == MISSING) & ~parsed.excluded)
        findings.at("no-time", missing, parsed.name("TIME"), [""] * len(missing),
                    "the row has no time", "write the time of the sample or of the dose")  # fmt: skip
        return parsed.time.value, ""
    days = read_dates(parsed.texts["DATE"], parsed.name("DATE"), reading, findings)
    if parsed.has("INFUSED"):
        start = read_dates(parsed.texts["INFUSED"], parsed.name("INFUSED"), reading, findings)
        rule = f"`{parsed.name('DATE')}` minus `{parsed.name('INFUSED')}`"
    else:
        start = _first_dose(parsed, days)
        rule = f"`{parsed.name('DATE')}` minus that of the first row with a dose of the subject"
        lost = np.flatnonzero(np.isfinite(days) & np.isnan(start))
        findings.at("no-infusion-date", lost[:1], parsed.name("DATE"), parsed.texts["DATE"][lost[:1]],
                    "no infusion date is known for the subject of {}",
                    "add a row with its dose, or a column infusion_date")  # fmt: skip
    findings.note(f"dates become times by this rule: {rule}, in days of 24 h")
    return days - start, "d"


def read_dates(texts: np.ndarray, name: str, reading: Reading, findings: Findings) -> np.ndarray:
    """Days since 1970 of ISO dates (2024-03-01, 2024-03-01T14:30), or of d/m/y or m/d/y where the order was said."""
    words = {text: _read_date(text, reading.date_order) for text in set(texts)}
    days = np.array([words[text] for text in texts], dtype=float)
    wrong = np.flatnonzero(np.isnan(days))
    fix = "write dates as 2024-03-01 or 2024-03-01T14:30, or say --date-order dmy or mdy"
    findings.at("date", wrong, name, texts[wrong], "{} is not a date whose order is known", fix)
    return days


def _read_date(text: str, order: str | None) -> float:
    from datetime import UTC, datetime

    shapes = {"dmy": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"), "mdy": ("%m/%d/%Y", "%m-%d-%Y")}.get(
        order or "", ()
    )
    for read in (datetime.fromisoformat, *(lambda t, s=s: datetime.strptime(t, s) for s in shapes)):
        try:
            moment = read(text.strip())
        except ValueError:
            continue
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return (moment - datetime(1970, 1, 1)).total_seconds() / 86400
    return np.nan


def _first_dose(parsed: Parsed, days: np.ndarray) -> np.ndarray:
    starts: dict[str, float] = {}
    for row in np.flatnonzero(np.isin(parsed.evid, (1, 4)) & np.isfinite(days)):
        subject = parsed.texts["ID"][row]
        starts[subject] = min(days[row], starts.get(subject, np.inf))
    return np.array([starts.get(subject, np.nan) for subject in parsed.texts["ID"]])


def since_infusion(
    parsed: Parsed,
    time: np.ndarray,
    subject: np.ndarray,
    time_unit: str,
    reading: Reading,
    findings: Findings,
) -> Timed:
    """Times since the infusion. subject (n,): codes. Doses in rows decide; else an infusion day; else the column itself."""
    is_dose = np.isin(parsed.evid, (1, 4)) & np.isfinite(time) & ~parsed.excluded
    if is_dose.any():
        return _from_events(parsed, time, subject, is_dose, time_unit, reading, findings)
    occasion = parsed.texts["OCC"] if parsed.has("OCC") else np.full(len(time), "1", dtype=object)
    _unnumbered(parsed, findings)
    counted = parsed.has("TIME") and parsed.columns["TIME"].word in DAY_WORDS
    if counted and reading.infusion_day is None:
        problem = (
            f"`{parsed.name('TIME')}` may count the infusion as day 0 or as day 1, and no row holds a dose"
        )
        fix = "say --infusion-day 0 or --infusion-day 1, or add a row with the dose"
        findings.add("infusion-day", findings.heading, parsed.name("TIME"), "", problem, fix)
    start = float(reading.infusion_day or 0)
    if start and time_unit not in ("", "d"):
        text = f"--infusion-day {reading.infusion_day} counts days, and the times are in {time_unit}"
        findings.add(
            "infusion-day",
            findings.heading,
            parsed.name("TIME"),
            "",
            text,
            "count the times from the infusion",
        )
    shifted = _no_day_zero(time, start) if counted else time - start
    if start:
        day = reading.infusion_day
        findings.note(
            f"time since the infusion = `{parsed.name('TIME')}` - {day}, as the infusion is on day {day}"
        )
    # dates count from that of the infusion
    known = reading.infusion_day is not None or not parsed.has("TIME")
    _ask_when_infused(parsed, shifted, subject, time_unit, known, findings)
    dose = parsed.amount.value if parsed.has("AMT") else np.full(len(time), np.nan)
    dose = np.where(dose > 0, dose, np.nan)
    dose = dose if reading.dose is None else np.full(len(time), reading.dose)
    none = np.zeros(int(subject.max(initial=-1)) + 1)
    return Timed(shifted, occasion, dose, np.zeros(len(time)), np.zeros(len(time), dtype=bool), none)


def _ask_when_infused(parsed: Parsed, time: np.ndarray, subject: np.ndarray, time_unit: str, said: bool,
                      findings: Findings) -> None:  # fmt: skip
    """Nobody is sampled first two months after an infusion, unless the user says so, nor a century after it: such times
    count from somewhere else."""
    sampled = np.flatnonzero(
        (parsed.evid == 0) & ~parsed.excluded & np.isfinite(time) & (parsed.dv.kind != MISSING)
    )
    if not len(sampled):
        return
    first = np.full(int(subject.max()) + 1, np.inf)
    np.minimum.at(first, subject[sampled], time[sampled])
    bound = SPREADSHEET_DAYS[0] if said else FIRST_BY_DAY
    # where no unit is stated, the longer answer: hours where a first sample may be late, days where only a century is
    per_day = float(factor_between("d", time_unit)) if time_unit else 1.0 if said else 24.0
    late = np.isfinite(first) & (first > bound * per_day)
    if not late.any():
        return
    row = sampled[late[subject[sampled]]][0]
    start = first[subject[row]]
    more = f" (and {int(late.sum()) - 1} more subjects)" if late.sum() > 1 else ""
    date = _as_date(float(start))
    problem = (
        f"subject {{}} is first sampled at time {start:,.10g}{more}, so time 0 may not be the infusion{date}"
    )
    fix = ("say --infusion-day N if it was on one day for all (0 if time 0 is the infusion), or add rows with the doses, "
           "or a column infusion_date beside dates")  # fmt: skip
    findings.at("infusion-day", np.array([row]), parsed.name("TIME") or parsed.name("DATE"), [str(parsed.texts["ID"][row])],
                problem, fix)  # fmt: skip


def _as_date(day: float) -> str:
    """What a number is as the day of a spreadsheet, where that is a day of our time."""
    from datetime import date, timedelta

    if not SPREADSHEET_DAYS[0] < day <= SPREADSHEET_DAYS[1]:
        return ""
    return f" ({day:,.10g} is {date(1899, 12, 30) + timedelta(days=int(day))} as a spreadsheet's number of a day)"


def _no_day_zero(time: np.ndarray, start: float) -> np.ndarray:
    """Study days know no day 0: day -1 is the day before day 1. Only where the column really has none."""
    if start == 1 and not (time == 0).any():
        return np.where(time < 0, time, time - start)
    return time - start


def _unnumbered(parsed: Parsed, findings: Findings) -> None:
    """A sample or dose without an occasion, where others have one."""
    if parsed.has("OCC"):
        rows = np.flatnonzero((parsed.texts["OCC"] == "") & np.isin(parsed.evid, (0, 1, 4)))
        findings.at(
            "no-occasion",
            rows,
            parsed.name("OCC"),
            [""] * len(rows),
            "the row names no occasion",
            "number it",
        )


def _from_events(
    parsed: Parsed, time: np.ndarray, subject: np.ndarray, is_dose: np.ndarray, time_unit: str, reading: Reading,
    findings: Findings,
) -> Timed:  # fmt: skip
    line = int(findings.lines[is_dose].min())
    if reading.infusion_day is not None:
        text = "the infusion day was said, but rows hold doses with their times"
        findings.add("infusion-day", line, parsed.name("AMT"), "", text, "leave out --infusion-day")
    if reading.dose is not None:
        text = "one dose for all was said, but rows hold doses"
        findings.add("dose", line, parsed.name("AMT"), "", text, "leave out --dose")
    _dose_faults(parsed, time, subject, is_dose, findings)
    if parsed.has("OCC"):
        occasion = parsed.texts["OCC"]
        _unnumbered(parsed, findings)
    else:
        occasion = _number_occasions(time, subject, is_dose, findings)
    keys = _pair_codes(subject, occasion)
    count = keys.max() + 1
    start = np.full(count, np.inf)
    np.minimum.at(start, keys[is_dose], time[is_dose])
    amount = np.bincount(keys[is_dose], np.nan_to_num(parsed.amount.value[is_dose]), count)
    amount[keys[is_dose & _several_compartments(parsed, subject, is_dose, findings)[subject]]] = np.nan
    _subjects_without_dose(parsed, keys, count, reading, findings)
    start[~np.isfinite(start)] = 0.0
    since = time - start[keys]
    if (
        parsed.has("TIME")
        and parsed.columns["TIME"].word in DAY_WORDS
        and (start == 1).any()
        and not (time == 0).any()
    ):
        since = np.where((time < 0) & (start[keys] == 1), time, since)
    if np.any(start[keys[is_dose]] != 0):
        findings.note("times are counted from the first dose of each profile")
    first = np.full(subject.max() + 1, np.inf)
    np.minimum.at(first, subject[is_dose], time[is_dose])
    _ask_when_infused(parsed, since, subject, time_unit, True, findings)
    zero = np.where(np.isfinite(first), first, 0.0)
    begun = start[keys] - zero[subject]
    return Timed(since, occasion, np.where(amount > 0, amount, np.nan)[keys], begun, is_dose, zero)


def _several_compartments(
    parsed: Parsed, subject: np.ndarray, is_dose: np.ndarray, findings: Findings
) -> np.ndarray:
    """Whether doses of a subject go into several compartments, which one amount cannot say, shape (subjects,)."""
    found = np.zeros(int(subject.max(initial=-1)) + 1, dtype=bool)
    pairs = {
        (s, text)
        for s, text in zip(subject[is_dose].tolist(), parsed.texts["CMT"][is_dose].tolist(), strict=True)
    }
    counts = np.bincount([s for s, _ in pairs], minlength=len(found))
    found[counts > 1] = True
    if found.any():
        findings.note(
            f"{int(found.sum())} subject(s) are dosed into several compartments (`{parsed.name('CMT')}`): a fit "
            "gives each dose its place, and an analysis without a model has no one dose for what is per dose"
        )
    return found


def _number_occasions(
    time: np.ndarray, subject: np.ndarray, is_dose: np.ndarray, findings: Findings
) -> np.ndarray:
    """`1`, `2`, ...: how many dosing times of the subject lie at or before the row (1 before the first)."""
    finite = np.where(np.isfinite(time), time, -np.inf)
    order = np.lexsort((~is_dose, finite, subject))
    dosed, when, who = is_dose[order], finite[order], subject[order]
    again = np.zeros(len(order), dtype=bool)
    again[1:] = dosed[1:] & dosed[:-1] & (when[1:] == when[:-1]) & (who[1:] == who[:-1])
    new = dosed & ~again
    total = np.cumsum(new)
    first = np.flatnonzero(np.r_[True, who[1:] != who[:-1]])
    before = (total - new)[first]
    sizes = np.diff(np.r_[first, len(order)])
    number = np.maximum(total - np.repeat(before, sizes), 1)
    occasion = np.empty(len(order), dtype=int)
    occasion[order] = number
    if number.max(initial=1) > 1:
        subjects = len(np.unique(who[number > 1]))
        findings.note(
            f"{subjects} subject(s) had more than one infusion: each starts a new profile (OCC 2, 3, ...); "
            "a column OCC keeps split doses together"
        )
    names = np.array([str(i) for i in range(number.max(initial=1) + 1)], dtype=object)
    return names[occasion]


def _pair_codes(subject: np.ndarray, occasion: np.ndarray) -> np.ndarray:
    codes, unique = distinct(occasion)
    return subject * len(unique) + codes


def _dose_faults(
    parsed: Parsed, time: np.ndarray, subject: np.ndarray, is_dose: np.ndarray, findings: Findings
) -> None:
    name = parsed.name("AMT") or parsed.name("EVID")
    empty = is_dose & (parsed.amount.kind == MISSING)
    nothing = is_dose & (parsed.amount.value == 0) & (number(parsed, "RATE") == 0)
    if nothing.any():
        findings.note(f"{int(nothing.sum())} row(s) of doses say the amount 0: nothing was given there")
    findings.at("dose", np.flatnonzero(empty), name, [""] * int(empty.sum()), "the dose row gives no amount",
                "write the number of cells infused")  # fmt: skip
    both = (parsed.evid == 0) & (parsed.amount.value > 0) & ~parsed.excluded
    findings.at("dose", np.flatnonzero(both), name, parsed.amount.value[both], "a row of a sample also carries a dose of {}",
                "give the dose a row of its own (EVID 1)")  # fmt: skip
    rows = np.flatnonzero(is_dose)
    place = np.zeros(len(time), dtype=int)  # doses of other occasions and compartments are others
    place[rows] = np.unique(
        parsed.texts["OCC"][rows] + "\0" + parsed.texts["CMT"][rows], return_inverse=True
    )[1]
    order = rows[np.lexsort((findings.lines[rows], time[rows], place[rows], subject[rows]))]
    same = (subject[order][1:] == subject[order][:-1]) & (time[order][1:] == time[order][:-1])
    twice = order[1:][same & (place[order][1:] == place[order][:-1])]
    findings.at("dose-twice", twice, name, parsed.texts["ID"][twice], "subject {} has two doses at the same time",
                "delete one if it is a copy; else they are added up", "warning")  # fmt: skip


def _subjects_without_dose(
    parsed: Parsed, keys: np.ndarray, count: int, reading: Reading, findings: Findings
) -> None:
    """A faulty dose row is a fault of its own; here only those are named that have none at all: in a note where the user
    says that they were not treated."""
    tried = np.isin(parsed.evid, (1, 4)) | ((parsed.amount.kind != MISSING) & (parsed.amount.value != 0))
    has_dose = np.zeros(count, dtype=bool)
    has_dose[keys[tried]] = True
    lost = np.flatnonzero(~has_dose[keys] & ~parsed.excluded & ~np.isin(parsed.texts["ID"], ["", "."]))
    names, first = np.unique(parsed.texts["ID"][lost].astype(str), return_index=True)
    rows = lost[first]
    treated = np.isin(parsed.texts["ID"][rows], parsed.texts["ID"][tried])
    if reading.untreated and (~treated).any():
        shown = ", ".join(f"`{printable(name, 30)}`" for name in names[~treated][:20])
        findings.note(
            f"{int((~treated).sum())} subject(s) have no row of a dose and count as untreated, with times as written: {shown}"
            + (", ..." if (~treated).sum() > 20 else "")
        )
        rows = rows[treated]
    fix = (
        "add the row with its infusion; if it was not treated, add a dose of 0, or say --untreated; or take the dose "
        "columns out with --column NAME=ignore"
    )
    findings.at(
        "no-dose",
        rows,
        parsed.name("ID"),
        parsed.texts["ID"][rows],
        "subject {} has no dose record, others have",
        fix,
    )
