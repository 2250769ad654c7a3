"""What takes long enough to be announced: whoever shows things to a user listens here; the library prints
nothing."""

from collections.abc import Callable

listeners: list[Callable[[str], None]] = []


def announce(what: str) -> None:
    """Tell the listeners what is about to be done."""
    for listener in listeners:
        listener(what)
