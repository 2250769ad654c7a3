"""Notes on the data, as every command shows them."""

from rich.console import Console
from rich.markup import escape

from livingdrug.data import printable


def show_notes(console: Console, notes) -> None:
    """What was done to the data, one line each."""
    for note in notes:
        console.print(f"- {escape(printable(note, 500))}", highlight=False)
