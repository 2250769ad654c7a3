"""Kinds of analysis, one folder each (`__init__.py`, `spec.py`, `answer.py`), found by looking into this one.

`workflows.base` says how a kind is written. Nothing here loads a kind before it is asked for.
"""
