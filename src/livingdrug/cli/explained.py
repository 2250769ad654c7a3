"""What the help of every command has in common: it ends with examples."""

from collections.abc import Sequence

import click


class Explained(click.Command):
    """A command whose help ends with examples."""

    def __init__(self, *given, examples: Sequence[str] = (), **named) -> None:
        super().__init__(*given, **named)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
