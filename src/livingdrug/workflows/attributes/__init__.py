"""Product attributes and clinical outcome, for few patients.

Check a table of products, score signatures, relate one attribute at a time, learn from all together, score
new products, propose the range of an attribute, or ask how many patients it takes.
"""
