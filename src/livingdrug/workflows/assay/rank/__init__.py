"""Which construct of a killing assay is best, with its uncertainty.

By a rate or by a number that needs no design.
"""
