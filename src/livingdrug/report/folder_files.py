"""The files of a run's folder, by their names and hashes."""

from livingdrug.core.folders import LAST as RECORD
from livingdrug.core.folders import file_hash

__all__ = ["PDF", "RECORD", "REPORT", "SCENARIO", "file_hash"]
REPORT, PDF, SCENARIO = "report.html", "report.pdf", "scenario.toml"
