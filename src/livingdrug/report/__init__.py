"""Answers as one self-contained HTML file, and runs kept as folders. No kind of analysis is known here."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # loaded when first used: a page needs no matplotlib, a table no model
    from livingdrug.core.words import number
    from livingdrug.report.answer import Answer, Card, Cell, Part, Picture, Table, cell, text_table
    from livingdrug.report.bound import MOST_RUNS, bind
    from livingdrug.report.card import model_card, spread_words
    from livingdrug.report.folder import Origin, amend, check_new_folder, holds, keep, rebuild
    from livingdrug.report.folder_files import RECORD, REPORT, SCENARIO, file_hash
    from livingdrug.report.html import Drawing, Report, Section, drawing, write_report
    from livingdrug.report.pdf import write_pdf
    from livingdrug.report.pictures import check_folder, save
    from livingdrug.report.purpose import Purpose
    from livingdrug.report.record import read_record
    from livingdrug.report.word import word_document, write_word

__all__ = [
    "MOST_RUNS",
    "RECORD",
    "REPORT",
    "SCENARIO",
    "Answer",
    "Card",
    "Cell",
    "Drawing",
    "Origin",
    "Part",
    "Picture",
    "Purpose",
    "Report",
    "Section",
    "Table",
    "amend",
    "bind",
    "cell",
    "check_folder",
    "check_new_folder",
    "drawing",
    "file_hash",
    "holds",
    "keep",
    "model_card",
    "number",
    "read_record",
    "rebuild",
    "save",
    "spread_words",
    "text_table",
    "word_document",
    "write_pdf",
    "write_report",
    "write_word",
]

__getattr__, __dir__ = lazy(__name__)
