"""The plate map that live-imaging software writes as XML. Entities and document types are refused, by the
parser itself."""

from typing import NoReturn
from xml.parsers import expat

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.words import ROW_NAMES, describe, is_on
from livingdrug.core.errors import InputError
from livingdrug.data import Findings, printable

DEEPEST = 50
MOST_ELEMENTS = 200_000


class _Refused(Exception):
    """Raised from within the parser."""


class _Wells:
    """Collects the items of each well while the parser runs."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.ExternalEntityRefHandler = self.refuse
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.root, self.depth, self.count = "", 0, 0
        self.wells: list[tuple[int, dict[str, str], list[dict[str, str]]]] = []
        self.item: dict[str, str] | None = None

    def refuse(self, *_) -> NoReturn:
        """Whatever declares a document type or an entity."""
        raise _Refused

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""
        self.depth, self.count = self.depth + 1, self.count + 1
        if self.depth > DEEPEST or self.count > MOST_ELEMENTS:
            raise _Refused
        self.root = self.root or name
        if name == "well":
            self.wells.append((self.parser.CurrentLineNumber, given, []))
        elif name == "wellItem" and self.wells:
            self.item = dict(given)
            self.wells[-1][2].append(self.item)
        elif name == "referenceItem" and self.item is not None:
            self.item["displayName"] = given.get("displayName", "")

    def end(self, name: str) -> None:
        """An element ends."""
        self.depth -= 1
        if name == "wellItem":
            self.item = None


def read_xml_map(
    raw: bytes, name: str, reading: AssayReading, findings: Findings
) -> dict[tuple[str, str], tuple[int, str]]:
    """("", well) -> (line, label as `by_labels` reads it). Rows and columns of the file count from zero.

    Raises InputError for XML that is not well formed, is no plate map, or declares a document type or
    entities.
    """
    shown = printable(name)
    found = _Wells()
    try:
        found.parser.Parse(raw.removeprefix(b"\xef\xbb\xbf"), True)
    except expat.ExpatError as error:
        raise InputError(
            f"`{shown}` line {error.lineno}: the XML is not well formed ({expat.ErrorString(error.code)}); "
            f"export "
            "the map again: the file may end early"
        ) from None
    except _Refused:
        raise InputError(
            f"`{shown}`: document types, entities and deep nesting are not allowed in a plate map"
        ) from None
    if found.root != "plateMap" or not found.wells:
        raise InputError(f"`{shown}`: the XML holds `{printable(found.root, 30)}` and no wells of a plateMap")
    made: dict[tuple[str, str], tuple[int, str]] = {}
    for line, given, items in found.wells:
        well = _place(given)
        if not well or not is_on(well, reading.size):
            shown = printable(f"row {given.get('row')} col {given.get('col')}", 40)
            findings.add(
                "well",
                line,
                "well",
                shown,
                f"{shown} (from zero) is no well of {describe(reading.size)}",
                "correct the map",
            )
            continue
        if ("", well) in made:
            findings.add(
                "duplicate",
                line,
                "well",
                well,
                f"well {well} stands in line {made['', well][0]} already",
                "a well stands once in the map",
            )
        made["", well] = (line, "\n".join(filter(None, map(_label, items))))
    return made


def _place(given: dict[str, str]) -> str:
    row, column = given.get("row", ""), given.get("col", "")
    fine = (
        row.isascii()
        and row.isdecimal()
        and column.isascii()
        and column.isdecimal()
        and len(row) < 3
        and len(column) < 3
    )
    return f"{ROW_NAMES[int(row)]}{int(column) + 1}" if fine and int(row) < len(ROW_NAMES) else ""


def _label(item: dict[str, str]) -> str:
    """An item as `name(amount unit)`."""
    amount = item.get("seedingDensity") or item.get("concentration") or ""
    unit = item.get("seedingDensityUnits") or item.get("concentrationUnits") or ""
    name = item.get("displayName", "").replace("(", "[").replace(")", "]").replace("\n", " ")
    return f"{name}({amount} {unit})" if name and amount else name
