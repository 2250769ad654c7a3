"""Range of an attribute that keeps the response above a floor.

A proposal for a critical quality attribute with its uncertainty, not a limit; at few patients it is normally
empty, and the answer is how many would fill it.
"""
