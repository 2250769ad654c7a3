"""Cellular-kinetic parameters of every profile in FILE.

Non-compartmental analysis (NCA) of transgene or cell levels; each parameter with flag, reason and the points
it rests on.
"""
