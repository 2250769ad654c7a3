"""Data of subjects: read, check, say what is wrong, bridge units, endpoints."""

from livingdrug.data.bridges import BRIDGES, Bridge, cross
from livingdrug.data.check import Check, check, read_data
from livingdrug.data.conversion import doses_in, times_in, values_in
from livingdrug.data.doses import GAP
from livingdrug.data.endpoints import (
    ENDPOINT_WORDS,
    Endpoints,
    check_endpoints,
    is_graded,
    join,
    read_endpoints,
)
from livingdrug.data.findings import Finding, Findings, printable, refusal
from livingdrug.data.reading import Reading
from livingdrug.data.source import read_grid
from livingdrug.data.table import Changes, Data, Profile, natural_key
from livingdrug.data.time_units import TIMES, TimeUnit, stem, time_unit_of
from livingdrug.data.units import read_unit

__all__ = [
    "BRIDGES", "ENDPOINT_WORDS", "GAP", "TIMES", "Bridge", "Changes", "Check", "Data", "Endpoints",
    "Finding", "Findings", "Profile", "Reading", "TimeUnit", "check", "check_endpoints", "cross", "doses_in",
    "is_graded", "join", "natural_key", "printable", "read_data", "read_endpoints", "read_grid", "read_unit",
    "refusal", "stem", "time_unit_of", "times_in", "values_in",
]  # fmt: skip
