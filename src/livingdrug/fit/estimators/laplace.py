"""Laplace: by exact curvature."""

from livingdrug.fit.estimators.focei import Conditional

ESTIMATOR = Conditional("laplace")
