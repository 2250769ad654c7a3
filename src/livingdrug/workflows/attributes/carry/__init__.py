"""What a product with another attribute would change in a patient.

A ratio of an attribute (a fifth more memory cells, a longer doubling time) moves a quantity of a mechanistic
model through a slope that is stated, with its uncertainty; there are no public data to estimate it from. Give
the ratio (--change), or products of a table (--products, --lot).
"""
