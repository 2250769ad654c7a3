"""What the samples so far say of each patient's further course. The package is called as its verb:
`ld.forecast(model, data, at=14)`."""

from livingdrug.core.faces import callable_package
from livingdrug.forecast.outcomes import exposure_of, factor_to
from livingdrug.forecast.result import FALL, Cut, Forecast, Interval, Patient, Proportion, Score, interval
from livingdrug.forecast.run import DRAWS, UNCERTAIN, UNTIL, forecast

__all__ = [
    "DRAWS",
    "FALL",
    "UNCERTAIN",
    "UNTIL",
    "Cut",
    "Forecast",
    "Interval",
    "Patient",
    "Proportion",
    "Score",
    "exposure_of",
    "factor_to",
    "forecast",
    "interval",
]

callable_package(__name__, forecast)
