"""Predictions from an assay beside later data of patients.

Predicted change of exposure by product with its band against what was observed: how many bands hold it, how
often the direction is right, and the rank correlation, each with an interval that says how little a few
products tell.
"""
