"""Place the subjects in FILE among published exposures.

As percentiles of a product's published distribution, and as ratios of geometric means; every difference
between the two is said.
"""
