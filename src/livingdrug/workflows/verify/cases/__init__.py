"""Reference cases, a module for each group: `cases(full)` gives those of the group; full: also those that
take long.

A module in this folder is found by looking. Expected numbers are closed forms, published values or records of
this library, each with its source; no data of anybody stand here.
"""
