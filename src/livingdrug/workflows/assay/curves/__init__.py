"""Courses of an assay that was not run: other E:T, more rounds.

With 95 % bands, from the rates of a fit.
"""
