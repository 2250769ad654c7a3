"""How a table of products is read, and what is wrong in it.

The role and scale of each column, fractions that belong to one gate, and every fault by line.
"""
