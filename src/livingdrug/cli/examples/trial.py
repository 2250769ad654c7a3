"""A commented design of an umbrella trial. And one of a dose escalation, for `livingdrug trial`."""

from pathlib import Path

from livingdrug.workflows.examples.trial import ESCALATION, UMBRELLA

README = ""  # the designs are commented
SAID = "made-up designs, labelled so"


def files() -> dict:
    """umbrella.toml and escalation.toml."""
    return {"umbrella.toml": UMBRELLA, "escalation.toml": ESCALATION}


def next_command(folder: Path) -> str:
    """What to try first."""
    return f"trial {folder / 'umbrella.toml'} --plots figures"
