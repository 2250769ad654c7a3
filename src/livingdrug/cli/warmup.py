"""`livingdrug warmup`: compile now what would otherwise be compiled at first use."""

import time

import click

from livingdrug.engine.codegen import cache
from livingdrug.models import build_model, list_runnable
from livingdrug.simulation import simulate


def warm_up(names: tuple[str, ...], fragments: tuple[str, ...]) -> None:
    """Compile the named models, or all built-in ones, by running one subject of each for a moment."""
    for name in names or list_runnable():
        start = time.perf_counter()
        model = build_model(name, fragments if names else ())
        simulate(model, until=1.0)
        click.echo(f"{model.full_name}: {time.perf_counter() - start:.1f} s", err=True)
    click.echo(cache.notice() or f"compiled code is kept in {cache.folder()}", err=True)
