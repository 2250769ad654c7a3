"""Check this installation against stored reference cases.

Installation qualification (IQ): files, packages and arithmetic of this machine. Operational qualification
(OQ): closed forms and published numbers, computed here and compared. Ends with exit code 1 where a case
fails. Into a folder it writes a dated report (report.html) with every case: expected, got, tolerance, verdict
and source; --json prints the same as data.
"""
