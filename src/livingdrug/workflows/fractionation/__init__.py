"""Splits of one dose side by side: response and severe CRS.

Such as 10/30/60 % on three days against one infusion, on a model with IL-6 (its own, or by the fragment
il6_crs), over the same virtual subjects, with intervals.
"""
