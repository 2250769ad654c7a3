"""Relate exposure to a response, a grade, a value or a time.

FILE has a row per subject or group, or samples, with --endpoints.
"""
