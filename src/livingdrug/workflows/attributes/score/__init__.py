"""Score gene signatures in an expression matrix.

One number for each signature and product, with the genes found and missing, and what was done to the numbers.
"""
