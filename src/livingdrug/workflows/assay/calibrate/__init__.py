"""The slope from a rate of the assay to patients, from products.

For a user who has measured several products in the assay and in patients. The slope comes with its interval,
and in the form that a prediction takes; with too few products it is refused.
"""
