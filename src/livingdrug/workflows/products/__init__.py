"""CAR-T and TCR-T products and what is published of them.

A list of products with their targets, how many exposures and responses are known, and models; with a name
every published number of that product with its source; with --variability the between-subject variability of
products, with intervals.
"""
