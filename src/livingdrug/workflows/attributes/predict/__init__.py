"""Score new products with a model that was learned before.

With a band of what the patients seen leave open, and every attribute outside of what was seen named.
"""
