"""Nearest names, for messages about an unknown one."""

import difflib
import sys
from collections.abc import Callable, Iterable


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` known names that resemble `name`, best first."""
    known = sorted(set(known))
    lower = {k.lower(): k for k in reversed(known)}
    found = difflib.get_close_matches(name.lower(), list(lower), n=count, cutoff=0.5)
    starts = [k for k in known if len(name) >= 3 and k.lower().startswith(name.lower())]
    return list(dict.fromkeys([*(lower[f] for f in found), *starts]))[:count]


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """One sentence about an unknown name, with the nearest ones (or all, where they are few)."""
    known = sorted(set(known))
    close = nearest(name, known)
    if close:
        return f"unknown {kind} `{name}`; did you mean {' or '.join(f'`{c}`' for c in close)}?"
    listed = ", ".join(f"`{k}`" for k in known[:12]) + (", ..." if len(known) > 12 else "")
    return f"unknown {kind} `{name}`; known: {listed or 'none'}"


def numbered(wanted: str, is_free: Callable[[str], bool], longest: int = sys.maxsize) -> str:
    """The wanted name where it is free, else with the first number (`_2`, `_3`, ...) that makes it free;
    cut to `longest`."""
    name, number = wanted[:longest], 1
    while not is_free(name):
        number += 1
        ending = f"_{number}"
        name = wanted[: longest - len(ending)] + ending
    return name
