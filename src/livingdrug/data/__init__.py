"""Data of subjects: read, check, say what is wrong, bridge units, endpoints."""

from livingdrug.data.bridges import BRIDGES, Bridge, cross
from livingdrug.data.check import Check, check, read_data
from livingdrug.data.findings import Finding
from livingdrug.data.reading import Reading
from livingdrug.data.table import Data, Profile

__all__ = ["BRIDGES", "Bridge", "Check", "Data", "Finding", "Profile", "Reading", "check", "cross", "read_data"]
