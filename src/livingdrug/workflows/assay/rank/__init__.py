"""Which construct is best, with its uncertainty.

By a rate or by a number that needs no design.
"""
