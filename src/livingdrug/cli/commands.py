"""The list of commands, which knows what each does in one line without loading it."""

from collections.abc import Mapping
from importlib import import_module

import click


class Commands(click.Group):
    """A group whose further commands are loaded when they are called: options by the dozen cost a start its time.

    later: name -> (module in which the command has that name, what it does in one line: the first sentence of its help).
    """

    def __init__(self, *given, later: Mapping[str, tuple[str, str]], **named) -> None:
        super().__init__(*given, **named)
        self.later = later

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, in order."""
        return sorted({*self.commands, *self.later})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command, loaded; None where there is none of that name."""
        if name in self.later:
            return getattr(import_module(self.later[name][0]), name)
        return super().get_command(context, name)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help."""
        rows = []
        for name in self.list_commands(context):
            known = self.later.get(name)
            rows.append((name, known[1] if known else self.commands[name].get_short_help_str(64)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)
