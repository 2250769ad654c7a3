"""Which laws of a killing assay describe a plate best.

By Akaike's information criterion on the same readings.
"""
