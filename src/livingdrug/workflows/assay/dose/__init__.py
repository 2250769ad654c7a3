"""A first dose in patients: exposure by dose, with a margin.

Percentiles of predicted exposure at each dose with the rates of a construct, the highest dose that keeps one
of them below a ceiling with the margin that is asked for, and doses of mice carried over by named rules.
"""
