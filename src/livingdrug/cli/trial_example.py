"""`livingdrug example trial`: commented designs."""

from pathlib import Path

import click

from livingdrug.core.errors import InputError
from livingdrug.workflows.examples.trial import ESCALATION, UMBRELLA

FILES = {"umbrella.toml": UMBRELLA, "escalation.toml": ESCALATION}


def write_trial_example(folder: str) -> None:
    """Write the designs. Raises InputError where one of them exists."""
    from livingdrug.report import check_folder

    check_folder(folder)
    path = Path(folder)
    for name in FILES:
        if (path / name).exists():
            raise InputError(f"`{path / name}` exists already and is not overwritten; name an empty folder")
    path.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (path / name).write_text(text, encoding="utf-8")
    click.echo(f"wrote {', '.join(FILES)} to {folder}: made-up designs, labelled so", err=True)
    click.echo(f"next: livingdrug trial {path / 'umbrella.toml'} --plots figures", err=True)
