"""Which parameter drives exposure.

Sobol's first-order and total indices, Morris' effects or partial rank correlations of a model's parameters,
of groups of them, and of the dose, on CMAX or AUC.
"""
