"""`livingdrug models new`: a model file to start from."""

import shlex
from pathlib import Path

import click

from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable, write_text
from livingdrug.core.toml import check_ending
from livingdrug.models import ENDING, is_model_file
from livingdrug.models.templates import map_text, new_text
from livingdrug.standards import is_sbml_file, read_sbml


def write_model(file: str, shape: str) -> None:
    """Write a commented model of a shape. Raises InputError where the file exists, or its name is none of a
    model file."""
    path = _new(file)
    write_text(new_text(shape, path.stem), path)
    name = shlex.quote(file)
    click.echo(f"wrote {file}: a complete model with made-up numbers, explained line by line", err=True)
    click.echo(
        f"next: livingdrug simulate {name}; then change it, and check it: livingdrug models check {name}",
        err=True,
    )
    click.echo(f"with your samples: livingdrug fit your_data.csv --model {name}", err=True)


def write_map(file: str, sbml: str) -> None:
    """Write a map of roles for an SBML file beside it. Raises InputError for a file of another kind or
    another folder."""
    path, of = _new(file), Path(sbml)
    if not is_sbml_file(sbml):
        raise InputError(f"--roles-of `{sbml}` is no SBML file by its name, which ends in .xml or .sbml")
    if path.resolve().parent != of.resolve().parent:
        raise InputError(
            f"`{file}` does not lie beside `{sbml}`; a map stands in the folder of its SBML file"
        )
    write_text(map_text(read_sbml(of), file, of.name), path)
    name = shlex.quote(file)
    click.echo(f"wrote {file}: every state and flow of {of.name}; say which cells are which in it", err=True)
    click.echo(
        f"next: livingdrug models show {name} names the fragments that fit; livingdrug simulate {name} "
        "--with ...",
        err=True,
    )


def _new(file: str) -> Path:
    """The path of a model file that is to be written."""
    path = Path(file)
    check_ending(file)  # SBML is read as a model, and never written here
    if not is_model_file(file):
        raise InputError(
            f"`{file}` has no ending, and the name of a model file ends in {ENDING}; write {file}{ENDING}"
        )
    if path.exists() or path.is_symlink():
        raise InputError(
            f"`{file}` exists already and is not overwritten; name a new file, or delete that one first"
        )
    check_writable(path)
    return path
