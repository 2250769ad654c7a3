"""A bar on standard error."""

import sys

import click


class Progress:
    """Only on a terminal and only for long work; called with how many subjects are done, and of how many.

    counted: what is counted, such as permutations.
    """

    def __init__(self, counted: str = "subjects") -> None:
        self.counted = counted

    def __enter__(self):
        self.bar = None
        return self

    def __call__(self, done: int, count: int) -> None:
        if count < 20 or not sys.stderr.isatty():
            return
        if self.bar is None:
            self.bar = click.progressbar(length=count, label=self.counted, file=sys.stderr)
            self.bar.__enter__()
        if done < self.bar.pos:  # another round of the same work
            self.bar.pos = 0
        self.bar.update(done - self.bar.pos)

    def __exit__(self, *error) -> None:
        if self.bar is not None:
            self.bar.__exit__(*error)
