"""How far a run is, on standard error: nothing where nobody waits."""

import sys
import time

import click


class Progress:
    """Only on a terminal, and only for long work; called with how much is done, and of how much.

    counted: what is counted, such as permutations, with their rate and the time left. A search gives its objective too,
    and shows a line with the time left.
    """

    def __init__(self, counted: str = "subjects") -> None:
        self.counted, self.bar = counted, None
        self.begun = self.shown = time.monotonic()
        self.done = 0

    def __enter__(self) -> "Progress":
        return self

    def enter(self, stage: str) -> None:
        """Say what is done now."""
        if sys.stderr.isatty():
            click.echo(f"{stage} ... {' ' * 40}\r", nl=False, err=True)
        self.begun = time.monotonic()

    def __call__(self, done: int, count: int, objective: float | None = None) -> None:
        if not sys.stderr.isatty():
            return
        if objective is not None:
            self._search(done, count, objective)
        elif count >= 20:
            self._count(done, count)

    def _count(self, done: int, count: int) -> None:
        if self.bar is None:
            self.bar = click.progressbar(
                length=count, label=self.counted, file=sys.stderr, item_show_func=_shown
            )
            self.bar.__enter__()
        if done < self.bar.pos:  # another round of the same work
            self.bar.pos, self.begun = 0, time.monotonic()
        seconds = time.monotonic() - self.begun
        self.bar.update(done - self.bar.pos, f"{done / seconds:,.3g} a second" if seconds > 0 else None)

    def _search(self, done: int, every: int, objective: float) -> None:
        now = time.monotonic()
        if done < self.done:
            self.begun = now  # another search
        self.done = done
        if now - self.shown > 0.2 or done == every:
            left = (now - self.begun) / done * (every - done)
            text = f"{done} of {every}, objective {objective:.2f}, about {left:.0f} s left   "
            click.echo(text + ("\n" if done == every else "\r"), nl=False, err=True)
            self.shown = now

    def __exit__(self, *error) -> None:
        if self.bar is not None:
            self.bar.__exit__(*error)


def _shown(rate: object) -> str | None:
    """What stands beside the bar."""
    return None if rate is None else str(rate)
