"""The files of a run's folder, by their names and hashes."""

from livingdrug.core.folders import LAST as RECORD
from livingdrug.core.folders import file_hash

__all__ = ["MADE_LATER", "PDF", "RECORD", "REPORT", "SCENARIO", "WORD", "file_hash"]
REPORT, PDF, WORD, SCENARIO = "report.html", "report.pdf", "report.docx", "scenario.toml"
MADE_LATER = (PDF, WORD)  # of a run that is there: a new run takes them away
