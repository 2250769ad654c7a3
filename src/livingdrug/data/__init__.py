"""Data of subjects: read, check, say what is wrong, bridge units, endpoints."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.data.bridges import BRIDGES, Bridge, bridge_factor, cross
    from livingdrug.data.cells import (
        ABOVE,
        BELOW,
        MISSING,
        NUMBER,
        decimal_sign,
        is_missing,
        read_cell,
        read_numbers,
    )
    from livingdrug.data.check import Check, check, read_data
    from livingdrug.data.conversion import doses_in, times_in, values_in
    from livingdrug.data.doses import GAP
    from livingdrug.data.endpoint_words import (
        NO,
        RESPONSES,
        YES,
        is_cnsr,
        read_event,
        read_response,
        speaks_of_censoring,
    )
    from livingdrug.data.endpoints import (
        ENDPOINT_WORDS,
        Endpoints,
        check_endpoints,
        is_graded,
        join,
        read_endpoints,
    )
    from livingdrug.data.excel import read_book
    from livingdrug.data.findings import Finding, Findings, printable, refusal
    from livingdrug.data.meanings import SAID, Column, plain_word, split_heading
    from livingdrug.data.order import natural_key
    from livingdrug.data.reading import Reading
    from livingdrug.data.rows import DELIMITERS, part_rows
    from livingdrug.data.source import read_bytes, read_grid, read_text
    from livingdrug.data.table import Changes, Data, Profile
    from livingdrug.data.time_units import TIMES, TimeUnit, stem, time_unit_of
    from livingdrug.data.units import read_unit

__all__ = [
    "ABOVE",
    "BELOW",
    "BRIDGES",
    "Bridge",
    "Changes",
    "Check",
    "Column",
    "DELIMITERS",
    "Data",
    "ENDPOINT_WORDS",
    "Endpoints",
    "Finding",
    "Findings",
    "GAP",
    "MISSING",
    "NO",
    "NUMBER",
    "Profile",
    "RESPONSES",
    "Reading",
    "SAID",
    "TIMES",
    "TimeUnit",
    "YES",
    "bridge_factor",
    "check",
    "check_endpoints",
    "cross",
    "decimal_sign",
    "doses_in",
    "is_cnsr",
    "is_graded",
    "is_missing",
    "join",
    "natural_key",
    "part_rows",
    "plain_word",
    "printable",
    "read_book",
    "read_bytes",
    "read_cell",
    "read_data",
    "read_endpoints",
    "read_event",
    "read_grid",
    "read_numbers",
    "read_response",
    "read_text",
    "read_unit",
    "refusal",
    "speaks_of_censoring",
    "split_heading",
    "stem",
    "time_unit_of",
    "times_in",
    "values_in",
]

__getattr__, __dir__ = lazy(__name__)
