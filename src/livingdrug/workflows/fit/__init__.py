"""Fit a model to the samples in FILE.

Population parameters, between-subject variability (IIV) and residual error, with data below the limit of
quantification (BLQ) by M3. Exit codes: 0 converged, 2 invalid input, 3 not converged, 4 at a bound or
singular information, 5 a better optimum found from another start, 130 interrupted, 143 terminated.
"""
