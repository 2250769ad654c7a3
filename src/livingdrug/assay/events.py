"""What was done to the wells: a table of events, remarks beside readings, and what the user says."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.cells import Cells
from livingdrug.assay.places import on_plate
from livingdrug.assay.source import read_sheets
from livingdrug.assay.wide import hours, time_unit
from livingdrug.assay.words import describe
from livingdrug.core.errors import InputError
from livingdrug.data import NUMBER, Findings, is_missing, plain_word, printable, read_cell

WORDS = {
    "plate": "plate plateid",
    "well": "well wells",
    "time": "time timeh hours hour h day days",
    "event": "event events kind what action",
    "targets": "targetcellsadded targetsadded targets tumouradded tumoradded",
    "effectors": "effectorsadded effectorcellsadded effectors",
    "kept": "fractionkept kept fraction",
}
_MEANING = {word: meaning for meaning, words in WORDS.items() for word in words.split()}
# first match wins
KINDS = (
    (r"re-?\s*plat|passag|split|dilut", "replating"),
    (r"re-?\s*chall|target|tumou?r", "rechallenge"),
    (r"effector|car-?t", "effectors"),
    (r"sampl", "sampling"),
    (r"medium|media", "medium"),
)


@dataclass(frozen=True)
class Event:
    """One thing done to one well, or to all (`well` ""): plate "" means every plate. kept: fraction of
    cells that stays."""

    line: int
    plate: str
    well: str
    time: float
    kind: str
    kept: float = 1.0
    targets: float = 0.0
    effectors: float = 0.0


def read_events(path: str | Path, reading: AssayReading) -> tuple[list[Event], Findings]:
    """The events of a table with the columns time_h, event, targets_added, fraction_kept, plate, wells.

    Raises InputError where the file holds no such table.
    """
    findings, path = Findings(), Path(path)
    for sheet in read_sheets(path, findings):
        for i, (line, row) in enumerate(sheet.rows):
            place = {_MEANING[plain_word(c)]: k for k, c in enumerate(row) if plain_word(c) in _MEANING}
            if {"time", "event"} <= set(place):
                findings.heading = line
                return _of_table(sheet.rows, i, place, reading, findings), findings
    raise InputError(
        f"`{printable(path.name)}` is no table of events: it needs the columns time_h and event (and "
        "targets_added, fraction_kept, plate, wells)"
    )


def _of_table(rows, i: int, place: dict[str, int], reading: AssayReading, findings: Findings) -> list[Event]:
    headings = rows[i][1]
    body = [(line, row) for line, row in rows[i + 1 :] if any(row)]
    whole = [(line, row) for line, row in body if len(row) >= len(headings)]
    for line, row in body:
        if len(row) < len(headings):
            findings.add(
                "truncated",
                line,
                "",
                " ".join(row)[:40],
                f"the row has {len(row)} of {len(headings)} cells",
                "save the table again: the file may end early",
            )
    name = headings[place["time"]]
    times = hours(
        [row[place["time"]] for _, row in whole],
        time_unit(name),
        [n for n, _ in whole],
        name,
        reading,
        findings,
    )
    made = []
    for (line, row), time in zip(whole, times, strict=True):
        made += _of_row(line, row, time, headings, place, reading, findings)
    return made


def _of_row(line, row, time, headings, place, reading: AssayReading, findings: Findings) -> list[Event]:
    word = row[place["event"]]
    kind = next((kind for pattern, kind in KINDS if re.search(pattern, word, re.IGNORECASE)), "")
    if not kind:
        findings.add(
            "event",
            line,
            headings[place["event"]],
            word,
            f"`{printable(word, 40)}` is no event",
            "write re-challenge, re-plate, effectors, sampling or medium change",
        )
        return []
    numbers = {}
    for name, default in (("targets", 0.0), ("effectors", 0.0), ("kept", 1.0)):
        text = row[place[name]] if name in place else ""
        value, _, is_number = read_cell(text)
        if not is_missing(text) and is_number != NUMBER:
            findings.add(
                "number",
                line,
                headings[place[name]],
                text,
                f"`{printable(text, 30)}` is no number",
                "correct the cell",
            )
        numbers[name] = default if is_missing(text) or is_number != NUMBER else value
    if not 0 < numbers["kept"] <= 1 or min(numbers["targets"], numbers["effectors"]) < 0:
        findings.add(
            "event",
            line,
            headings[place["event"]],
            word,
            f"the event keeps {numbers['kept']:g} of the cells and adds {numbers['targets']:g} targets",
            "a fraction is above 0 and at most 1, a number of cells 0 or above",
        )
        return []
    plate = row[place["plate"]] if "plate" in place else ""
    wells = _wells(row[place["well"]] if "well" in place else "", line, reading, findings)
    return [Event(line=line, plate=plate, well=well, time=time, kind=kind, **numbers) for well in wells]


def _wells(text: str, line: int, reading: AssayReading, findings: Findings) -> list[str]:
    """Names of wells of a list such as `A1, A2; B3`; [""] for all of them."""
    if not text or re.match(r"all\b", text, re.IGNORECASE):
        return [""]
    made = []
    for part in filter(None, re.split(r"[\s,;]+", text)):
        well = on_plate(part, reading.size)
        if not well:
            findings.add(
                "well",
                line,
                "wells",
                part,
                f"well {printable(part, 30)} does not exist on {describe(reading.size)}",
                "correct the name; part the wells by commas, or write all",
            )
        made.append(well)
    return [well for well in made if well]


def said_events(reading: AssayReading) -> list[Event]:
    """The events that the user states for every well."""
    added = [Event(0, "", "", time, "rechallenge", targets=cells) for cells, time in reading.rechallenges]
    return [Event(0, "", "", time, "replating", kept=kept) for kept, time in reading.replatings] + added


def cell_events(cells: Cells) -> list[Event]:
    """The events that stand beside the readings of a file."""
    return [
        Event(
            line,
            plate,
            well,
            time,
            "rechallenge" if targets else "effectors",
            targets=targets,
            effectors=effectors,
        )
        for line, plate, well, time, targets, effectors in cells.events
    ]


def columns_of(
    events: list[Event], plates: np.ndarray, wells: np.ndarray, roles: np.ndarray, findings: Findings
) -> dict:
    """Columns of Events for these wells (w,). Targets are added to no effector-alone, empty or lysed well."""
    made: dict[str, list] = {
        name: [] for name in ("well", "time", "kind", "kept", "targets", "effectors", "line")
    }
    without = np.isin(roles, ("effector_alone", "empty"))
    for event in events:
        mine = _mine(event, plates, wells)
        if not mine.any():
            where = f"{event.plate} {event.well}".strip() or "any plate"
            findings.add(
                "event",
                event.line,
                "",
                where,
                f"the event at {event.time:g} h is of {printable(where, 40)}, which has no readings",
                "correct the name of the plate or of the well",
                "warning",
            )
        for k in np.flatnonzero(mine):
            added = 0.0 if without[k] else event.targets
            if event.kind == "rechallenge" and not added and not event.effectors and event.kept == 1:
                continue
            row = (k, event.time, event.kind, event.kept, added, event.effectors, event.line)
            for name, value in zip(made, row, strict=True):
                made[name].append(value)
    if without.any() and any(e.targets for e in events):
        findings.note("targets are added to no effector-alone or empty well")
    return made


def _mine(event: Event, plates: np.ndarray, wells: np.ndarray) -> np.ndarray:
    return ((plates == event.plate) | (event.plate == "")) & ((wells == event.well) | (event.well == ""))
