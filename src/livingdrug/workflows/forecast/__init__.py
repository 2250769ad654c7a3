"""From each patient's samples so far, the rest of the course.

The posterior of the individual parameters, given the population of a model, gives each patient's curve with
its band, CMAX, TMAX, AUC28 and the day of falling below the limit, with intervals; with an exposure-response
the probability of response and of severe toxicity; which further sample would narrow that most; and how well
forecasts held (--check).
"""
