"""Results as one self-contained HTML file."""

from livingdrug.report.html import Report, Section, write_report

__all__ = ["Report", "Section", "write_report"]
