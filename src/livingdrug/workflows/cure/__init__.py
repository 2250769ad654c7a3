"""Probability of cure and of relapse of each patient.

From the moment at which few cells of a population are left (100) each of them multiplies and dies by chance: the
probability that none is left, exactly, for the typical subject or for virtual ones; before that moment the population
follows its equations. Or every population of the model is drawn by random events, many times over (--events all).
"""
