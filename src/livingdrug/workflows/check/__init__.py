"""Validate FILE: how each column is read, every error by line.

Exit code 2 where an analysis would be refused.
"""
