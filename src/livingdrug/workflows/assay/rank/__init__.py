"""Which construct of a killing assay is best, and how sure is it.

By a rate or by a number that needs no design.
"""
