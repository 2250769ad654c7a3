"""Results as one self-contained HTML file, and runs kept as folders."""

from livingdrug.report.html import Drawing, Report, Section, drawing, write_report

__all__ = ["Drawing", "Report", "Section", "drawing", "write_report"]
