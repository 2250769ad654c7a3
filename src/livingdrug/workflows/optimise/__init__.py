"""The best dose and schedule, by two exposure-responses.

Every dose and schedule is given to the same virtual patients of a model, and their exposures are put into a
curve of response and one of toxicity. The best has the largest P(response) - weight x P(toxicity), or the
largest response with toxicity below a ceiling. Drawn from their errors, the curves say how often each stays
the best, and which the data do not distinguish.
"""
