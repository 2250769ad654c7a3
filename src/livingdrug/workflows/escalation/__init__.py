"""The search for a tolerated dose by 3+3 or BOIN, simulated many times.

`livingdrug trial DESIGN` runs the document.
"""

COMMAND = False
