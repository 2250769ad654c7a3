"""Each attribute by itself, with all looked at counted.

Permutation p values, Benjamini-Hochberg over every attribute looked at, and random effects over studies where
there are several.
"""
