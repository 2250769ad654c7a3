"""Which further sampling days reduce the error of which parameter.

Optimal sampling: expected errors of each parameter of MODEL before and after a candidate day (Fisher
information).
"""
