"""Subjects per arm that it takes to see a difference.

By exact noncentral t, Welch's test, two proportions or log-rank. Exactly one of --fold, --effect,
--proportions and --hazard-ratio says what is to be seen. With --n in their place: the smallest difference
that so many show (a fold beside --model or --log-sd, a rate beside --control-rate, a hazard ratio beside
--event-rate, otherwise a difference of means). With --historical: one arm against a historical rate, by the
exact binomial test or in two stages (Simon).
"""
