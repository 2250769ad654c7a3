"""Several models on one axis, with their scales explained.

Curves of CAR-T cells in blood in one unit, bands where a model has a between-subject variability, and what
makes peaks differ: unit conversion, disease and data, dose, variability.
"""
