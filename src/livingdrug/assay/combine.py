"""Files, map and events of one experiment as one plate; what does not fit together is said by file and
well."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.events import Event, cell_events, columns_of, said_events
from livingdrug.assay.limits import within_limits
from livingdrug.assay.places import on_plate, resolve
from livingdrug.assay.plate import Plate
from livingdrug.assay.platemap import Facts, Map, by_labels, numbers_of
from livingdrug.assay.tables import File
from livingdrug.core.errors import InputError
from livingdrug.data import Findings, printable

Entry = tuple[int, Facts]


@dataclass
class _Rows:
    """Readings of all files, lists of one length."""

    plate: list[str] = field(default_factory=list)
    well: list[str] = field(default_factory=list)
    time: list[float] = field(default_factory=list)
    quantity: list[str] = field(default_factory=list)
    unit: list[str] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    sd: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    flag: list[str] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    many: list[int] = field(default_factory=list)


def combine(
    files: Sequence[File], plan: Map | None, events: Sequence[Event], reading: AssayReading
) -> Plate | None:
    """The plate of these files; None where a finding of a file or of the map is an error.

    Findings go to the file that they are about, or to the map.
    """
    rows = _gather(files, reading)
    own = _own_entries(files)
    about = plan.findings if plan else files[0].findings
    names = _plates(rows, files, plan, reading, about)
    rows.plate = [names.get(p, p) for p in rows.plate]
    own = {(names.get(p, p), w): entry for (p, w), entry in own.items()}
    entries = _entries(rows, plan, own, about)
    wells = _wells(rows, entries, own, plan, files, reading, about)
    said = [*said_events(reading), *events]
    for file in files:
        said += [_renamed(event, names) for event in cell_events(file.cells)]
    made = columns_of(
        said,
        np.array(wells["plate"], dtype=object),
        np.array(wells["well"], dtype=object),
        np.array(wells["role"], dtype=object),
        about,
    )
    if any(f.findings.failed for f in files) or about.failed or not rows.well:
        return None
    place = {key: k for k, key in enumerate(zip(wells["plate"], wells["well"], strict=True))}
    readings = {
        name: getattr(rows, name)
        for name in ("time", "quantity", "unit", "value", "sd", "limit", "flag", "line")
    }
    readings["well"] = [place[key] for key in zip(rows.plate, rows.well, strict=True)]
    readings["flag"] = _left_out(readings, wells, reading)
    return Plate.of(" + ".join(f.name for f in files), wells, readings, made)


def _renamed(event: Event, names: dict[str, str]) -> Event:
    from dataclasses import replace

    return replace(event, plate=names.get(event.plate, event.plate))


def _gather(files: Sequence[File], reading: AssayReading) -> _Rows:
    rows, seen = _Rows(), {}
    for file in files:
        cells, values = file.cells, file.values
        used = resolve(cells, values, reading, file.findings)
        values = within_limits(cells, values, used, reading, file.findings)
        for i in np.flatnonzero(used):
            key = (cells.plate[i], cells.well[i], cells.quantity[i], cells.time[i])
            first = seen.setdefault(key, file.name)
            if first != file.name:
                file.findings.add(
                    "duplicate",
                    cells.line[i],
                    cells.column[i],
                    cells.text[i],
                    f"{cells.place(i)}: `{first}` holds a reading of it as well",
                    "leave one of the files out, or name their plates (column plate, or --plate)",
                )
                continue
            for name in ("plate", "well", "time", "quantity", "unit", "line", "many"):
                getattr(rows, name).append(getattr(cells, name)[i])
            for name in ("value", "sd", "limit", "flag"):
                getattr(rows, name).append(getattr(values, name)[i])
        if not used.any() and not file.findings.failed:
            file.findings.add("empty", 1, "", "", "the file holds no reading", "look at what was exported")
    return rows


def _own_entries(files: Sequence[File]) -> dict[tuple[str, str], Entry]:
    """What the files themselves say of their wells: labels in grids or above columns, columns of the map in
    tables."""
    made: dict[tuple[str, str], Entry] = {}
    for file in files:
        for plate, found in file.labels:
            labels = {
                (plate, f"{name}{k + 1}"): (line, text)
                for line, name, row in found
                for k, text in enumerate(row)
            }
            made |= {
                key: entry
                for key, entry in by_labels(labels, file.findings).items()
                if entry[1] != {"role": "empty"}
            }
        labelled = {key: (0, facts["label"]) for key, facts in file.cells.facts.items() if facts.get("label")}
        made |= by_labels(labelled, file.findings)
        for key, facts in file.cells.facts.items():
            given = {name: text for name, text in facts.items() if name != "label"}
            if given:
                made[key] = (0, {**made.get(key, (0, {}))[1], **given})
    return made


def _plates(
    rows: _Rows, files, plan: Map | None, reading: AssayReading, findings: Findings
) -> dict[str, str]:
    """Name of a plate in the readings -> its name in the map, where one of them is without a name."""
    found = list(dict.fromkeys(rows.plate))
    if not found or plan is None or not plan.plates:
        return {}
    named, mapped = [p for p in found if p], [p for p in plan.plates if p]
    if not mapped:
        if len(found) > 1 and not reading.same_map:
            findings.add(
                "plates",
                findings.heading,
                "",
                "",
                f"the map names no plate and the readings are of {_listed(found)}",
                "add a column plate to the map, or say --same-map if it is the map of each of them",
            )
        return {}
    if not named and len(mapped) == 1:
        findings.note(
            f"the readings name no plate: they are taken for `{printable(mapped[0])}`, the plate of the map"
        )
        return {"": mapped[0]}
    wrong = [p for p in found if p not in mapped]
    if wrong and not set(mapped) & set(found):
        findings.add(
            "other-plate",
            findings.heading,
            "plate",
            _listed(mapped),
            f"no well of {_listed(wrong)} has an entry: the map is of {_listed(mapped)}",
            "give the map of this plate, or correct the name of the plate in one of the files",
        )
    elif wrong:
        findings.add(
            "other-plate",
            findings.heading,
            "plate",
            _listed(wrong),
            f"the map has no entry for {_listed(wrong)}",
            f"add its wells to the map, which has {_listed(mapped)}",
        )
    return {}


def _listed(names: Sequence[str]) -> str:
    return "plate " + ", ".join(f"`{printable(name, 40) or 'without a name'}`" for name in names[:8])


def _entries(rows: _Rows, plan: Map | None, own: dict, findings: Findings) -> dict[tuple[str, str], Entry]:
    """(plate, well of the readings) -> what the map says of it, or the files themselves where there is no
    map."""
    made: dict[tuple[str, str], Entry] = {}
    source = plan.wells if plan else own
    for key in dict.fromkeys(zip(rows.plate, rows.well, strict=True)):
        plate, well = key
        members = [well] if (plate, well) in source or ("", well) in source else well.split(",")
        found = [source.get((plate, w)) or source.get(("", w)) for w in members]
        there = [entry for entry in found if entry is not None]
        if there and any(entry is None or entry[1] != there[0][1] for entry in found):
            findings.add(
                "map",
                there[0][0],
                "well",
                well,
                f"{well} is a mean of wells that the map fills differently",
                "export single wells, or correct the map",
            )
        if there:
            made[key] = there[0]
    return made


def _wells(
    rows: _Rows, entries, own, plan: Map | None, files, reading: AssayReading, findings: Findings
) -> dict[str, list]:
    """Columns of Wells, for every well with a reading, in order of plate and well."""
    many = dict(zip(zip(rows.plate, rows.well, strict=True), rows.many, strict=True))
    keys = sorted(many, key=_order)
    names = (
        "plate",
        "well",
        "role",
        "construct",
        "donor",
        "treatment",
        "dose",
        "ratio",
        "effectors",
        "targets",
        "start",
        "count",
    )
    made: dict[str, list] = {name: [] for name in names}
    for key in keys:
        line, facts = entries.get(key, (0, {}))
        where = f"well {printable(' '.join(filter(None, key)), 40)}"
        numbers = numbers_of(facts, line, where, findings)
        if key not in entries and own and not plan and any(f.labels for f in files):
            numbers["role"] = "empty"
            findings.note(f"{where} has readings and no label: it is taken for an empty (background) well")
        row = {"plate": key[0], "well": key[1], "count": many[key], "start": reading.start or 0.0, **numbers}
        row |= {name: facts.get(name, "") for name in ("construct", "donor", "treatment")}
        for name in names:
            made[name].append(row[name])
    _unmapped(keys, entries, plan, findings)
    return made


def _order(key: tuple[str, str]) -> tuple:
    from livingdrug.assay.words import split_well, well_name
    from livingdrug.data import natural_key

    first = well_name(key[1].split(",")[0])
    return natural_key(key[0]), split_well(first) if first else (100, 0), key[1]


def _unmapped(keys, entries, plan: Map | None, findings: Findings) -> None:
    if not plan:
        return
    lost = [" ".join(filter(None, key)) for key in keys if key not in entries]
    if lost and len(lost) < len(keys):
        findings.add(
            "unmapped",
            findings.heading,
            "well",
            ", ".join(lost[:12]),
            f"{len(lost)} well(s) with readings are not in the map: {printable(', '.join(lost[:12]), 200)}",
            "add them to the map; without an entry they take no part in a fit",
            "warning",
        )
    elif lost and not findings.failed:
        findings.add(
            "other-plate",
            findings.heading,
            "well",
            ", ".join(lost[:12]),
            f"no well with readings is in the map (the first: {printable(lost[0], 40)})",
            "give the map of this plate",
        )
    read = {(p, w) for p, whole in keys for w in whole.split(",")}
    without = [
        w
        for (p, w), (_, facts) in plan.wells.items()
        if not {(p, w), *((q, w) for q in {k[0] for k in keys} if not p)} & read
        and facts.get("role") != "empty"
    ]
    if without:
        findings.note(
            f"{len(without)} well(s) of the map have no readings: {printable(', '.join(without[:12]), 120)}"
            f"{', ...' if len(without) > 12 else ''}"
        )


def _left_out(readings: dict, wells: dict, reading: AssayReading) -> list[str]:
    """The flags, with `left_out` for the wells that the user names. Raises InputError for a name that is no
    well here."""
    flags = list(readings["flag"])
    for text in reading.leave_out:
        parts = text.rsplit(maxsplit=1)
        well = on_plate(parts[-1], reading.size) or text
        plate = parts[0] if len(parts) > 1 else None
        mine = {
            k
            for k, (p, w) in enumerate(zip(wells["plate"], wells["well"], strict=True))
            if (w == well and plate in (None, p)) or w == text
        }
        if not mine:
            raise InputError(f"--leave-out {printable(text)}: no such well has readings")
        flags = ["left_out" if k in mine else flag for k, flag in zip(readings["well"], flags, strict=True)]
    return flags
