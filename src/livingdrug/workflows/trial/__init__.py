"""Arms against a shared control, simulated many times.

`livingdrug trial DESIGN` runs the document.
"""

COMMAND = False
