"""What computed: the versions that a folder of results states."""

import platform

from livingdrug import __version__

RESTS_ON = ("numpy", "scipy", "pandas", "numba", "matplotlib")


def versions() -> dict[str, str]:
    """Versions of this library, of Python and of what it rests on."""
    from importlib.metadata import version

    return {
        "livingdrug": __version__,
        "Python": platform.python_version(),
        **{name: version(name) for name in RESTS_ON},
    }
