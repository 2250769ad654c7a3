"""The list of commands, which knows what each does in one line without loading it."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import click

from livingdrug.cli import later
from livingdrug.workflows import groups, has_command, help_of, kinds


class Commands(click.Group):
    """A group whose further commands, the modules of `cli.later` and the kinds of analysis, are loaded when
    they are called: options by the dozen cost a start its time."""

    def _later(self) -> list[str]:
        """Commands that are modules of their own."""
        return [found.name for found in iter_modules(later.__path__)]

    def _kinds(self) -> list[str]:
        """Kinds and groups of kinds that are commands."""
        return [*(kind for kind in kinds() if "-" not in kind and has_command(kind)), *groups()]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return sorted({*self.commands, *self._later(), *self._kinds()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded; None where there is none of that name."""
        name = cmd_name
        if name in self._later():
            return getattr(import_module(f"{later.__name__}.{name}"), name)
        if name in self.commands:  # a group of its own, which takes up the kinds of its name
            return self.commands[name]
        if name in self._kinds():
            return _group(name) if name in groups() else _command(name)
        return super().get_command(ctx, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help."""
        mine = {name: command.get_short_help_str(64) for name, command in self.commands.items()}
        mine |= {name: _line_of(name) for name in self._later()}
        mine |= {name: help_of(name)[0] for name in self._kinds()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(mine.items()))


class Group(click.Group):
    """Kinds that belong together, as commands of one group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names within the group, in order."""
        own = {
            kind.partition("-")[2]
            for kind in kinds()
            if kind.startswith(f"{self.name}-") and has_command(kind)
        }
        return sorted({*self.commands, *own})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded; None where there is none of that name."""
        kind = f"{self.name}-{cmd_name}"
        found = kind in kinds() and has_command(kind)
        return _command(kind) if found else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._line(name)) for name in self.list_commands(ctx)])

    def _line(self, name: str) -> str:
        if name in self.commands:
            return self.commands[name].get_short_help_str(64)
        return help_of(f"{self.name}-{name}")[0]


def _line_of(name: str) -> str:
    """The first line of the docstring of a module of `cli.later`, which is not loaded for it."""
    text = next(found for folder in later.__path__ if (found := Path(folder, f"{name}.py")).is_file()).read_text("utf-8")
    return text.split('"""', 2)[1].strip().partition("\n")[0]


def _group(name: str) -> Group:
    line, more = help_of(name)
    return Group(name, help=f"{line}\n\n{more}")


def _command(kind: str) -> click.Command:
    from livingdrug.cli.options import command_of

    return command_of(kind)
