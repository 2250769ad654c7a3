"""Subjects per arm that it takes to see a difference.

By exact noncentral t, Welch's test, two proportions or log-rank. Exactly one of --fold, --effect, --proportions and
--hazard-ratio says what is to be seen.
"""
