"""Weigh efficacy against toxicity on one exposure.

Both fitted to FILE, or built in from published exposure-responses (--list).
"""
