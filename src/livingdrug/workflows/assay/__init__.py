"""Killing assays: read, check, fit plates; rank, predict, design.

From impedance, imaging, luminescence, counts and lysis to rates of growth, killing and effectors with
intervals, and from rates to a ranking, to a design, and to what a construct would change in a patient. Begin
with `livingdrug example assay DIR`.
"""
