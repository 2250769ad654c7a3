"""Rates of a killing assay: growth, killing, what effectors do.

With intervals that allow for errors that last, for donors and for the cells seeded.
"""
