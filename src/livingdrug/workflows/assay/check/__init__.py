"""How plates are read, and what is wrong, by line and well.

What each column, channel and well was taken for, every fault, and a heat map of the plate for each check.
Exit code 2 where a fit would be refused.
"""
