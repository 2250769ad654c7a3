"""A short map beside an SBML file: what its states are, so that fragments join; where doses enter, and its
units.

sbml = "model.xml"
dose_into = "CAR_T_cells"
[roles]
CAR_T_cells = "car_t @ blood"
[kinds]
CART_growth = "expansion"
[places]
blood = 5e6                     # uL, or the name of a quantity of the file
[units]
CAR_T_cells = "cells"
"""

from pathlib import Path
from typing import Any

from livingdrug.core.errors import InputError, LivingdrugError, printable
from livingdrug.core.names import unknown
from livingdrug.core.units import parse_unit
from livingdrug.models.elements import KINDS, ROLES
from livingdrug.models.shared import BLOOD_VOLUME

Table = dict[str, Any]
KEY = "sbml"
TABLES = ("roles", "kinds", "places", "units")
KEYS = (KEY, "dose_into", "measured", "title", *TABLES)


def mapped_file(data: Table, origin: str, folder: Path) -> Path:
    """The SBML file that a map names. Raises InputError for one that does not lie beside it."""
    name = data[KEY]
    if not isinstance(name, str) or Path(name).name != name or "://" in name:
        raise InputError(
            f"`{origin}`, {KEY}: `{printable(str(name))}` is no file beside the map; name one that lies there"
        )
    return folder / name


def with_roles(tables: Table, data: Table, origin: str) -> Table:
    """The tables of a model file with what a map says of them.

    Parameters
    ----------
    tables : dict
        Of the SBML file; they are changed.
    data : dict
        The map.
    origin : str
        Of the map, for messages.

    Returns
    -------
    dict
        The same tables.

    Raises
    ------
    InputError
        For a key, state, flow, place, role, kind or unit that is none, with the nearest names.
    """
    for key in data:
        if key not in KEYS:
            raise InputError(f"`{origin}`: " + unknown("key", key, KEYS))
    for key in TABLES:
        if not isinstance(data.get(key, {}), dict):
            raise InputError(f"`{origin}`, {key}: expected a table, such as [{key}]")
    structure = tables["structure"]
    states = {state["name"]: state for state in structure.get("states", ())}
    _places(tables, data.get("places", {}), origin)
    for name, text in data.get("roles", {}).items():
        made = _role(text, f"`{origin}`, roles, {name}")
        states[_known("state", name, states, f"`{origin}`, roles")] |= made
        if made.get("at") and made["at"] not in {place["name"] for place in structure["places"]}:
            structure["places"].append({"name": made["at"]})
    flows = {flow["name"]: flow for flow in structure.get("flows", ())}
    for name, kind in data.get("kinds", {}).items():
        flow = flows[_known("flow", name, flows, f"`{origin}`, kinds")]
        flow["kind"] = _known("kind", kind, KINDS, f"`{origin}`, kinds, {name}")
    for name, unit in data.get("units", {}).items():
        _unit(structure, name, unit, origin)
    if "dose_into" in data:
        structure["dose_into"] = _known("state", data["dose_into"], states, f"`{origin}`, dose_into")
    if "measured" in data:
        _measured(structure, data["measured"], f"`{origin}`, measured")
    tables["title"] = data.get("title", tables["title"])
    tables["name"] = Path(origin).stem
    tables["deviations"].append(
        f"Roles, places, kinds of flow and units are those of {origin}, given by its user."
    )
    return tables


def _known(what: str, name: Any, names, where: str) -> str:
    if not isinstance(name, str) or name not in names:
        raise InputError(f"{where}: " + unknown(what, str(name), tuple(names)))
    return name


def _role(text: Any, where: str) -> Table:
    """`role @ place`, several roles between spaces."""
    if not isinstance(text, str) or not text.strip():
        raise InputError(f'{where}: expected a role in quotes, such as "car_t @ blood", got {text!r:.60}')
    roles, at, place = text.partition("@")
    made: Table = {"roles": [_known("role", role, ROLES, where) for role in roles.split()]}
    if at:
        made["at"] = place.strip()
        if not made["at"]:
            raise InputError(f"{where}: no place stands after @; write {roles.strip()} @ blood")
    return made


def _places(tables: Table, given: Table, origin: str) -> None:
    """Places with their volumes."""
    structure = tables["structure"]
    known = {q["name"] for q in structure.get("quantities", ())}
    made = {place["name"]: place for place in structure.get("places", ())}
    for name, volume in given.items():
        where = f"`{origin}`, places, {name}"
        if isinstance(volume, str):
            made[name] = {"name": name, "volume": _known("quantity", volume, known, where)}
            continue
        if isinstance(volume, bool) or not isinstance(volume, int | float) or not 0 < volume < 1e12:
            raise InputError(
                f"{where}: expected a volume in uL above 0, such as 5e6, or a quantity of the file, got "
                f"{volume!r:.60}"
            )
        quantity = _volume(name)
        if quantity["name"] in known:
            raise InputError(
                f"{where}: the file has a quantity `{quantity['name']}` already; name it here instead of a "
                "number"
            )
        structure.setdefault("quantities", []).append(quantity)
        values = tables["values"][0]
        values["values"][quantity["name"]] = float(volume)
        values.setdefault("sources", {})[quantity["name"]] = {"key": origin, "citation": f"given in {origin}"}
        made[name] = {"name": name, "volume": quantity["name"]}
    structure["places"] = list(made.values())


def _volume(place: str) -> Table:
    """The quantity of a volume; that of blood is the one that fragments share."""
    if place == "blood":
        q = BLOOD_VOLUME
        return {
            "name": q.name,
            "unit": q.unit,
            "meaning": q.meaning,
            "symbol": q.symbol,
            "bound": q.bound,
            "fixed": q.fixed,
        }
    return {"name": f"{place}_volume", "unit": "uL", "meaning": f"volume of {place}", "bound": "positive"}


def _measured(structure: Table, names: Any, where: str) -> None:
    """Which outputs an assay sees: these, and no other."""
    outputs = structure.get("outputs", ())
    known = [output["name"] for output in outputs]
    if not isinstance(names, list) or not names:
        raise InputError(f'{where}: expected a list of outputs, such as ["{known[0] if known else "cells"}"]')
    wanted = {_known("output", name, known, where) for name in names}
    for output in outputs:
        output["measured"] = output["name"] in wanted


def _unit(structure: Table, name: str, unit: Any, origin: str) -> None:
    """The unit of a state, with its start and its output, or of a quantity."""
    where = f"`{origin}`, units, {name}"
    try:
        parse_unit(unit if isinstance(unit, str) else "?")
    except LivingdrugError as error:
        raise InputError(f"{where}: {error}") from None
    items = [*structure.get("states", ()), *structure.get("quantities", ()), *structure.get("outputs", ())]
    _known("state, quantity or output", name, [item["name"] for item in items], where)
    starts = [s.get("initial", "") for s in structure.get("states", ()) if s["name"] == name]
    for item in items:
        if item["name"] in (name, *starts):
            item["unit"] = unit
