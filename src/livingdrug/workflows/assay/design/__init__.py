"""Which design of a killing assay tells rates apart, and its cost.

Expected errors from Fisher information, with simulated plates as a check.
"""
