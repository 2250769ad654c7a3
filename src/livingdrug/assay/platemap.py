"""The map of a plate: which well holds what, from a table, from grids of labels, or from the XML of a plate
map."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.columns import MAP, guess, place_of
from livingdrug.assay.context import refuse_scale
from livingdrug.assay.grids import grid_rows, grid_width
from livingdrug.assay.places import on_plate
from livingdrug.assay.source import is_xml, read_sheets, with_labels_spread
from livingdrug.assay.words import describe, ratio_inside, read_ratio, read_role
from livingdrug.assay.xmlmap import read_xml_map
from livingdrug.core.errors import InputError
from livingdrug.data import NUMBER, Column, Findings, is_missing, printable, read_bytes, read_cell

# LINE1(10000), DRUG(100.00ng/ml)
_ENTRY = re.compile(
    r"\s*(?P<name>[^()\n;]+?)\s*\(\s*(?P<amount>\d+(?:\.\d+)?(?:[eE]\d+)?)\s*(?P<unit>[^()]*)\)\s*"
)
_CELLS = ("", "cells", "cells/well", "cell", "cells per well")
Facts = dict[str, str]


@dataclass(frozen=True)
class Map:
    """What a map says. wells: (plate, well) -> (line, column of the map -> text); columns: how its table
    was read."""

    name: str
    wells: dict[tuple[str, str], tuple[int, Facts]]
    columns: tuple[Column, ...]
    findings: Findings

    @property
    def plates(self) -> list[str]:
        """Names of the plates that it maps."""
        return list(dict.fromkeys(plate for plate, _ in self.wells))


def read_map(path: str | Path, reading: AssayReading) -> Map:
    """Read a map: CSV or Excel with a row for each well or grids of labels, or XML. Raises InputError where
    it is none."""
    path, findings = Path(path), Findings()
    raw = read_bytes(path)
    if is_xml(raw):
        return Map(
            path.name, by_labels(read_xml_map(raw, path.name, reading, findings), findings), (), findings
        )
    grids: list = []
    for sheet in read_sheets(path, findings):
        rows, title = with_labels_spread(sheet).rows, sheet.title
        i = 0
        while i < len(rows):
            line, row = rows[i]
            if grid_width(row)[1]:
                found, k = grid_rows(rows, i, findings)
                grids.append((title, found))
                i = max(k, i + 1)
                continue
            columns = guess(row, reading) if any(row) else ()
            meanings = {c.meaning for c in columns}
            if "well" in meanings and meanings & set(MAP):
                return _of_table(path.name, rows, i, columns, reading, findings)
            title = next((cell for cell in row if cell), "") or title
            i += 1
    if grids:
        return Map(path.name, _of_grids(grids, findings), (), findings)
    raise InputError(
        f"`{printable(path.name)}` is no map of a plate: a table with the columns well, role, construct, "
        f"donor, "
        "effectors_seeded, targets_seeded (a row for each well), or an 8 x 12 grid of labels"
    )


def _of_table(name: str, rows, i: int, columns, reading: AssayReading, findings: Findings) -> Map:
    place = place_of(columns)
    findings.heading = rows[i][0]
    for column in columns:
        if column.meaning in ("effectors_seeded", "targets_seeded"):
            refuse_scale(column.name, rows[i][0], column.name, findings)
    made: dict[tuple[str, str], tuple[int, Facts]] = {}
    for line, row in rows[i + 1 :]:
        if not any(row):
            continue
        if len(row) < len(columns):
            findings.add(
                "truncated",
                line,
                "",
                " ".join(row)[:40],
                f"the row has {len(row)} of {len(columns)} cells",
                "save the map again: the file may end early",
            )
            continue
        well = on_plate(row[place["well"]], reading.size)
        if not well:
            findings.add(
                "well",
                line,
                columns[place["well"]].name,
                row[place["well"]],
                f"well {printable(row[place['well']], 40)} does not exist on {describe(reading.size)}",
                "correct the name",
            )
            continue
        plate = row[place["plate"]] if "plate" in place else ""
        facts = {m: row[place[m]] for m in MAP if m in place and not is_missing(row[place[m]])}
        if (plate, well) in made:
            findings.add(
                "duplicate",
                line,
                columns[place["well"]].name,
                well,
                f"well {printable(f'{plate} {well}'.strip(), 40)} stands in line {made[plate, well][0]} "
                f"already",
                "a well has one row in the map",
            )
            continue
        made[plate, well] = (line, facts)
    return Map(name, made, columns, findings)


def _of_grids(grids, findings: Findings) -> dict[tuple[str, str], tuple[int, Facts]]:
    """Wells of grids: one of labels, or one for each column of the map, named by the line above it or its
    sheet."""
    made: dict[tuple[str, str], tuple[int, Facts]] = {}
    labels: dict[tuple[str, str], tuple[int, str]] = {}
    for title, found in grids:
        meaning = next((c.meaning for c in guess([title or "label"], AssayReading()) if c.meaning in MAP), "")
        if meaning:
            findings.note(f"the grid below `{printable(title, 30)}` is read as {meaning}")
        for line, name, row in found:
            for k, text in enumerate(row):
                key = ("", f"{name}{k + 1}")
                if meaning and text:
                    made.setdefault(key, (line, {}))[1][meaning] = text
                elif not meaning:
                    labels[key] = (line, text)
    return made or by_labels(labels, findings)


def by_labels(labels: dict[tuple[str, str], tuple[int, str]], findings: Findings):
    """Wells of labels such as `LINE1(10000)` and `CART(2500)` on lines of one cell, or `CAR-A 1:1`.

    The first name that counts cells and stands alone in a well is the target; another name that counts
    cells is the effector, and so the construct; amounts in other units are treatments.
    """
    entries = {key: [m.groupdict() for m in _ENTRY.finditer(text)] for key, (_, text) in labels.items()}
    cells = {key: [e for e in found if e["unit"].strip().lower() in _CELLS] for key, found in entries.items()}
    target = _target(list(cells.values()))
    made: dict[tuple[str, str], tuple[int, Facts]] = {}
    for key, (line, text) in labels.items():
        made[key] = (line, _facts(text, entries[key], cells[key], target))
    if target:
        others = sorted({e["name"] for found in cells.values() for e in found} - {target})
        findings.note(
            f"`{printable(target, 30)}` is read as the target cells"
            + (
                f" and {', '.join(f'`{printable(o, 30)}`' for o in others[:6])} as effectors (construct)"
                if others
                else ""
            )
        )
    return made


def _target(wells: list[list[dict]]) -> str:
    alone = [found[0]["name"] for found in wells if len(found) == 1]
    first = [found[0]["name"] for found in wells if len(found) > 1]
    both = [name for name in first if name in alone] or first or alone
    return max(set(both), key=both.count) if both else ""


def _facts(text: str, entries: list[dict], cells: list[dict], target: str) -> Facts:
    if not text.strip():
        return {"role": "empty"}
    if not entries:
        ratio = ratio_inside(text)
        name = re.sub(r"\s+", " ", text.replace(ratio, " ")).strip(" ,;") if ratio else text.strip()
        role = read_role(name)
        return {"role": role} if role else {"construct": name} | ({"ratio": ratio} if ratio else {})
    facts: Facts = {"targets_seeded": "0", "effectors_seeded": "0"}
    for entry in cells:
        if entry["name"] == target:
            facts["targets_seeded"] = entry["amount"]
        else:
            facts |= {"construct": entry["name"], "effectors_seeded": entry["amount"]}
    others = [e for e in entries if e not in cells]
    if len(others) == 1:
        facts["dose"] = others[0]["amount"]
    if others:
        facts["treatment"] = " + ".join(
            f"{e['name']} {float(e['amount']):g} {e['unit'].strip()}".strip() for e in others
        )
    return facts


def numbers_of(facts: Facts, line: int, where: str, findings: Findings) -> dict[str, float | str]:
    """Role, ratio and numbers seeded of a well as texts and numbers, nan where unknown; faults by line and
    well."""
    made: dict[str, float | str] = {
        "role": "",
        "ratio": np.nan,
        "effectors": np.nan,
        "targets": np.nan,
        "dose": np.nan,
    }
    for key, name in (("effectors_seeded", "effectors"), ("targets_seeded", "targets")):
        if facts.get(key):
            value, _, kind = read_cell(facts[key])
            if kind != NUMBER or value < 0:
                findings.add(
                    "map",
                    line,
                    key,
                    facts[key],
                    f"{where}: `{printable(facts[key], 30)}` is no number of cells",
                    "write how many cells were seeded, 0 for none",
                )
            else:
                made[name] = value
    if facts.get("dose"):
        value, _, kind = read_cell(facts["dose"])
        if kind != NUMBER or value < 0:
            problem = f"{where}: `{printable(facts['dose'], 30)}` is no dose"
            findings.add(
                "map", line, "dose", facts["dose"], problem, "write a number in one unit, 0 without the drug"
            )
        else:
            made["dose"] = value
    if facts.get("ratio"):
        ratio = read_ratio(facts["ratio"])
        if ratio is None:
            findings.add(
                "map",
                line,
                "ratio",
                facts["ratio"],
                f"{where}: `{printable(facts['ratio'], 30)}` is no ratio",
                "write effectors per target, such as 4:1 or 0.25",
            )
        elif ratio == np.inf:
            made |= {"role": "effector_alone", "targets": 0.0}
        else:
            made["ratio"] = ratio
    if facts.get("role"):
        role = read_role(facts["role"])
        if not role:
            findings.add(
                "map",
                line,
                "role",
                facts["role"],
                f"{where}: `{printable(facts['role'], 30)}` is no role of a well",
                "write sample, target_alone, effector_alone, empty, full_lysis or spontaneous",
            )
        made["role"] = role
    _completed(made)
    _consistent(made, facts, line, where, findings)
    return made


def _completed(made: dict) -> None:
    """What the others imply: the role by the cells seeded, the effectors by ratio and targets, the ratio by
    both."""
    if np.isnan(made["effectors"]) and np.isfinite(made["ratio"]) and np.isfinite(made["targets"]):
        made["effectors"] = made["ratio"] * made["targets"]
    if np.isnan(made["ratio"]) and np.isfinite(made["effectors"]) and made["targets"] > 0:
        made["ratio"] = made["effectors"] / made["targets"]
    if not made["role"]:
        effectors, targets = made["effectors"], made["targets"]
        if effectors == 0 or made["ratio"] == 0:
            made["role"] = "target_alone" if targets != 0 else "empty"
        elif targets == 0 and effectors > 0:
            made["role"] = "effector_alone"
        elif effectors > 0 or made["ratio"] > 0:
            made["role"] = "sample"


def _consistent(made: dict, facts: Facts, line: int, where: str, findings: Findings) -> None:
    effectors, targets, ratio = made["effectors"], made["targets"], made["ratio"]
    if (
        facts.get("ratio")
        and targets > 0
        and np.isfinite(effectors)
        and abs(effectors - ratio * targets) > 0.05 * ratio * targets + 1
    ):
        findings.add(
            "map",
            line,
            "ratio",
            facts["ratio"],
            f"{where}: {effectors:g} effectors on {targets:g} targets are not the ratio {facts['ratio']}",
            "correct the ratio or the cells seeded",
        )
    if (made["role"] == "target_alone" and effectors > 0) or (
        made["role"] == "effector_alone" and targets > 0
    ):
        findings.add(
            "map",
            line,
            "role",
            facts.get("role", ""),
            f"{where}: its role is {made['role']}, and the map seeds "
            f"{effectors:g} effectors and {targets:g} targets",
            "correct the role or the cells seeded",
        )
