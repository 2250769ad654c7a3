"""Kinds of analysis, one folder each (`kind/__init__.py`, `spec.py`, `answer.py`), found by looking into the folder.

`workflows.base` says how a kind is written. Nothing here loads a kind before it is asked for.
"""

from importlib import import_module

_HOMES = {
    "About": "fields", "Conduct": "base", "Document": "document", "Purpose": "document", "checked": "document",
    "keep_answer": "base", "keep_run": "base", "kinds": "found", "read_scenario": "document", "scenario_of_text": "document",
    "table_of": "base", "to_script": "base", "to_toml": "document", "workflow": "base",
}  # fmt: skip
__all__ = [*_HOMES]


def __getattr__(name: str):
    # on first use, as the names of kinds are needed where pydantic would cost a start its time
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
