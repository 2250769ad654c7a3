"""What a construct would change in a patient: from assay rates.

Ratios of rates in the assay move a rate of a mechanistic model through a slope that is stated, with its
uncertainty; there are no public data to estimate it from.
"""
