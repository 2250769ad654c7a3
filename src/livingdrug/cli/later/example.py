"""Write example data to try the commands on.

A module of `cli.examples` is one example: it says what it is in its docstring, and has README (text, "" where
there is none), SAID (what the data are, in few words), `files()` (name -> table or text) and
`next_command(folder)` (what to try first).
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import click

from livingdrug.cli import examples
from livingdrug.core.errors import InputError


class Examples(click.Group):
    """A command for each module of `cli.examples`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in order."""
        return sorted(found.name for found in iter_modules(examples.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command that writes it; None where there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{examples.__name__}.{cmd_name}")
        folder = click.Argument(["folder"], type=click.Path(file_okay=False))
        said = f"{(module.__doc__ or '').strip()} Written into FOLDER."
        return click.Command(
            cmd_name, params=[folder], callback=lambda folder: write_example(module, folder), help=said
        )


@click.group(cls=Examples)
def example() -> None:
    """Write example data to try the commands on."""


def write_example(module: ModuleType, folder: str) -> None:
    """Write the files of an example. Raises InputError where one of them exists."""
    from livingdrug.core.export import write_csv
    from livingdrug.report import check_folder

    check_folder(folder)
    path, files = Path(folder), module.files() | ({"README.txt": module.README} if module.README else {})
    there = [name for name in files if (path / name).exists()]
    if there:
        raise InputError(f"`{path / there[0]}` exists already and is not overwritten; name an empty folder")
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if isinstance(content, str):
            (path / name).write_text(content, encoding="utf-8")
        else:
            write_csv(content, path / name)
    click.echo(f"wrote {', '.join(files)} to {folder}: {module.SAID}", err=True)
    click.echo(f"next: livingdrug {module.next_command(path)}", err=True)
