"""Outcomes of subjects from the data: columns of subjects, or rows of their own, such as `DVID` CRS."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import Data, Endpoints, TimeUnit, is_missing, split_heading, time_unit_of
from livingdrug.fit.given import read_given
from livingdrug.fit.outcomes import BINARY, COUNT, KINDS, ORDERED, TIMED, Outcome, read_driver
from livingdrug.models import Model
from livingdrug.response import GRADES, SubjectTable, event_beside, read_events, read_outcome

EXAMPLE = "CRS=ordered:log(CMAX)"
_TEXT = re.compile(r"(.+?)\s*=\s*([a-z]+)\s*:\s*(.+)")


@dataclass(frozen=True)
class Asked:
    """An outcome as it is asked for: name of its column or output, kind, and driver as it is typed."""

    name: str
    kind: str
    driver: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"outcome `{self.name}`: " + unknown("kind", self.kind, KINDS))


def read_asked(texts: Sequence[str]) -> tuple[Asked, ...]:
    """Outcomes such as `CRS=ordered:log(CMAX)`, `CRS>=3=binary:log(AUC28)`, `PFS=event:log(transgene)`."""
    found = []
    for text in texts:
        read = _TEXT.fullmatch(text.strip())
        if not read:
            raise InputError(f"outcome `{text}` cannot be read; write NAME=KIND:DRIVER, such as {EXAMPLE}")
        found.append(Asked(*read.groups()))
    names = [a.name for a in found]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise InputError(f"outcome `{twice}` is given twice; give it once")
    return tuple(found)


def taken(
    model: Model,
    data: Data,
    asked: Sequence[Asked],
    compartments: Mapping[str, str],
    units: Mapping[str, str],
) -> tuple[Data, tuple[Outcome, ...]]:
    """(the data without rows that are outcomes, the outcomes). units: of times in columns of subjects, by
    heading. Raises InputError, naming subjects, for what is no such outcome."""
    if not asked:
        return data, ()
    time = read_given(model, data, compartments, []).time
    measured = [o.name for o in model.system.outputs if o.measured] or [o.name for o in model.system.outputs]
    outputs = tuple(o.name for o in model.system.outputs)
    quantities = tuple(q.name for q in model.quantities)
    found, gone = [], np.zeros(data.rows, dtype=bool)
    table = _table(data, units)
    for one in asked:
        own = measured[0] if len(measured) == 1 else ""
        driver = read_driver(one.driver, outputs, own, quantities, f"outcome `{one.name}`")
        of_rows = np.isin(data.profiles.output, [_of_rows(one.name)])[data.profile] if data.rows else gone
        if of_rows.any():
            gone |= of_rows
            outcome = _from_rows(data, one, driver, of_rows, time)
        else:
            outcome = _from_columns(model, table, one, driver)
        found.append(_checked(outcome, data.subjects))
    return (_without(data, gone) if gone.any() else data), tuple(found)


def _without(data: Data, gone: np.ndarray) -> Data:
    """The data without these rows, and without the profiles that they were."""
    left = data.kept(~gone)
    used, profile = np.unique(left.profile, return_inverse=True)
    lost = np.setdiff1d(np.unique(data.profile[gone]), used)
    keep = np.setdiff1d(np.arange(data.profiles.n), lost)
    own = {f.name: getattr(data.profiles, f.name)[keep] for f in fields(data.profiles)}
    return replace(left, profiles=replace(data.profiles, **own), profile=np.searchsorted(keep, used)[profile])


def _of_rows(name: str) -> str:
    """The output that the rows of an outcome have; `CRS>=3` is that of CRS."""
    return re.sub(r"\s*>=\s*[0-9]+$", "", name)


def _table(data: Data, units: Mapping[str, str]) -> SubjectTable:
    """The covariates of subjects as a table of one row each."""
    heads = {name: split_heading(name) for name in data.covariates}
    columns = {head or name: data.covariates[name] for name, (head, _) in heads.items()}
    stated = {head or name: unit or units.get(name, "") for name, (head, unit) in heads.items()}
    return SubjectTable(data.name, data.subjects, data.subjects, columns, stated)


def refuse_unsampled(one: Asked, endpoints: Endpoints, data: Data) -> None:
    """Refuse an outcome of subjects that the table of samples does not know, by name."""
    names = set(endpoints.subjects) - set(data.subjects)
    table = SubjectTable(endpoints.name, endpoints.subjects, endpoints.subjects, endpoints.values, {})
    heading = table.find(_of_rows(one.name))
    if heading is None or not names:
        return
    cells = zip(endpoints.subjects, endpoints.values[heading], strict=True)
    known = [s for s, text in cells if s in names and not is_missing(text)]
    if known:
        shown = ", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else "")
        raise InputError(
            f"outcome `{one.name}`: {shown} {'have' if len(known) > 1 else 'has'} one in `{endpoints.name}` "
            f"and no sample in `{data.name}`; give their samples, or take their rows out"
        )


# ---------------------------------------------------------------------------------------------------------- columns


def _from_columns(model: Model, table: SubjectTable, one: Asked, driver) -> Outcome:
    if one.kind in TIMED:
        return _timed_column(model, table, one, driver)
    if one.kind == COUNT:
        return Outcome(
            one.name, COUNT, driver, tuple(table.numbers(one.name, f"outcome `{one.name}`").tolist())
        )
    read = read_outcome(table, one.name, "binary" if one.kind == BINARY else "graded")
    notes = tuple(f"outcome `{one.name}`: {note}" for note in read.notes)
    return Outcome(one.name, one.kind, driver, tuple(read.values.tolist()), notes=notes)


def _timed_column(model: Model, table: SubjectTable, one: Asked, driver) -> Outcome:
    what = f"outcome `{one.name}`"
    heading = table.heading(one.name, what)
    unit = time_unit_of(heading, table.units.get(heading, ""))
    if not unit.known:
        raise InputError(
            f"{what}: the unit of its times is not stated; write it in the heading, such as {heading} (d)"
        )
    said = event_beside(table, heading)
    if said is None:
        raise InputError(
            f"{what}: no column says which times ended in an event; add {heading}_event with 1 or 0"
        )
    events, notes = read_events(table, said, None)
    ours = TimeUnit(model.time_unit)
    time = ours.from_other(table.numbers(heading, what), unit)
    since, wanted = time.copy(), (f"{heading}_from".lower(), f"{heading} from".lower())
    low = next((h for h in table.columns if h.lower() in wanted), None)
    if low is not None:
        begins = ours.from_other(table.numbers(low, what), unit)
        since = np.where((events == 1) & np.isfinite(begins), begins, time)
    half = np.isfinite(events) != np.isfinite(time)
    _refuse(one.name, table.names, half, "a time without event or censoring beside it, or the other way "
                                         "round; give both, or "
            "neither")  # fmt: skip
    values, at, known_since = (tuple(part.tolist()) for part in (events, time, since))
    return Outcome(one.name, one.kind, driver, values, at, known_since, notes=notes)


# ------------------------------------------------------------------------------------------------------------- rows


def _from_rows(data: Data, one: Asked, driver, mine: np.ndarray, time: np.ndarray) -> Outcome:
    n, who = len(data.subjects), data.profiles.subject[data.profile]
    if (mine & (data.cens != 0) & (data.dv != 0)).any():
        raise InputError(
            f"outcome `{one.name}`: a limit of quantification acts on its rows; state limits in a column "
            "LIMIT of samples alone, or give the outcome in --endpoints"
        )
    values, at, since = (np.full(n, np.nan) for _ in range(3))
    for i in np.unique(who[mine]).tolist():
        rows = np.flatnonzero(mine & (who == i))
        rows = rows[np.argsort(time[rows], kind="stable")]
        if one.kind in TIMED:
            seen = (data.dv[rows], time[rows], data.line[rows])
            values[i], at[i], since[i] = _visits(one.name, data.subjects[i], *seen)
        elif len(rows) > 1:
            raise InputError(
                f"outcome `{one.name}`: subject `{data.subjects[i]}` has {len(rows)} rows of it (lines "
                f"{', '.join(str(k) for k in sorted(data.line[rows].tolist())[:5])}); one is fitted: keep "
                "the highest, say"
            )
        else:
            values[i] = data.dv[rows[0]]
    least = re.search(r">=\s*([0-9]+)$", one.name)
    known = np.isfinite(values)
    if one.kind in (BINARY, ORDERED) and (least or one.kind == ORDERED):
        _refuse(
            one.name,
            data.subjects,
            known & ~np.isin(values, list(GRADES)),
            "a grade that is none from 0 to 5",
        )
    if least and one.kind == BINARY:
        values = np.where(known, values >= int(least.group(1)), np.nan)
    if one.kind == BINARY:
        _refuse(one.name, data.subjects, known & ~np.isin(values, [0, 1]), "a value other than 0 and 1")
    found, when, known_since = (tuple(part.tolist()) for part in (values, at, since))
    return Outcome(one.name, one.kind, driver, found, when, known_since)


def _visits(outcome: str, name: str, value, time, line) -> tuple[float, float, float]:
    """(1 or 0, time, last time without it) of a subject: rows of 0 are visits without the event, the last one
    censors; an event with visits before it fell between the last of them and its own time."""
    odd = np.flatnonzero(~np.isin(value, [0, 1]))
    if len(odd):
        raise InputError(f"outcome `{outcome}`: subject `{name}` (line {line[odd[0]]}) has "
                         f"{value[odd[0]]:g}; write 1 where the event was seen and 0 where it had not come "
                         "yet")  # fmt: skip
    seen = np.flatnonzero(value == 1)
    if len(seen) > 1 or (len(seen) and (value[seen[0] + 1 :] == 0).any()):
        raise InputError(f"outcome `{outcome}`: subject `{name}` has a row after its event (line "
                         f"{line[seen[0]]}); a fit takes the first event alone")  # fmt: skip
    if not len(seen):
        return 0.0, float(time[-1]), float(time[-1])
    before = time[: seen[0]]
    at = float(time[seen[0]])
    return 1.0, at, float(max(before.max(), 0.0)) if len(before) else at


# ----------------------------------------------------------------------------------------------------------- checks


def _refuse(name: str, subjects: Sequence[str], wrong: np.ndarray, what: str) -> None:
    if wrong.any():
        listed = [subjects[i] for i in np.flatnonzero(wrong).tolist()]
        shown = ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
        raise InputError(f"outcome `{name}`: {shown} {'have' if len(listed) > 1 else 'has'} {what}")


def _checked(outcome: Outcome, subjects: tuple[str, ...]) -> Outcome:
    """The outcome with its grades and reference time. Raises InputError for what no model of it can have
    made, or tells nothing of a slope."""
    values = np.array(outcome.values)
    known = np.isfinite(values)
    name, n = outcome.name, int(known.sum())
    if not n:
        raise InputError(f"outcome `{name}` is not known of any subject")
    if outcome.kind == COUNT:
        odd = known & ((values < 0) | (values != np.floor(values)))
        _refuse(name, subjects, odd, "a count that is no whole number from 0 up")
    if outcome.kind in TIMED:
        time, since = np.array(outcome.time), np.array(outcome.since)
        early = known & ~(time > 0)
        _refuse(
            name,
            subjects,
            early,
            "a time that is not after the infusion; times count from it and lie above 0",
        )
        _refuse(
            name,
            subjects,
            known & (values == 1) & ((since > time) | (since < 0)),
            "an event between two visits of which the first is not the earlier one, or lies before the "
            "infusion",
        )
        between = int((known & (values == 1) & (since < time)).sum())
        outcome = replace(outcome, scale=float(f"{np.median(time[known]):.2g}"))
        if between:
            note = f"outcome `{name}`: {between} event(s) are known to lie between two visits"
            outcome = replace(outcome, notes=(*outcome.notes, note))
    if outcome.kind == ORDERED:
        outcome = replace(outcome, grades=tuple(int(g) for g in np.unique(values[known])))
    one = {
        BINARY: "1 (yes)" if values[known].all() else "0 (no)",
        ORDERED: f"grade {values[known][0]:g}",
        COUNT: "0",
    }
    alike = len(set(values[known])) == 1
    if (alike and outcome.kind in (BINARY, ORDERED)) or (outcome.kind == COUNT and not values[known].any()):
        raise InputError(f"outcome `{name}` is {one[outcome.kind]} in all {n} subjects: such data say "
                         "nothing of a slope; leave the outcome out")  # fmt: skip
    if outcome.kind in TIMED and not (values[known] == 1).any():
        raise InputError(
            f"outcome `{name}`: none of {n} subjects had the event, so its hazard is not known; leave it out"
        )
    return outcome
