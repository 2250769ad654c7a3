"""What computed: the versions that a folder of results states."""

import hashlib
import platform
from functools import lru_cache
from pathlib import Path

from livingdrug import __version__

RESTS_ON = ("numpy", "scipy", "pandas", "numba", "matplotlib")


@lru_cache(maxsize=1)
def sources() -> str:
    """SHA-256 of the sources of this library: between two releases its version stays, its numbers may not."""
    found, base = hashlib.sha256(), Path(__file__).parents[1]
    for path in sorted(base.rglob("*.py")):
        found.update(path.relative_to(base).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


@lru_cache
def _installed(name: str) -> str:
    """Version of a package; reading its metadata takes some ms, and runs with pieces ask again and again."""
    from importlib.metadata import version

    return version(name)


def versions() -> dict[str, str]:
    """Versions of this library, of Python and of what it rests on."""
    return {
        "livingdrug": __version__,
        "Python": platform.python_version(),
        **{name: _installed(name) for name in RESTS_ON},
    }
