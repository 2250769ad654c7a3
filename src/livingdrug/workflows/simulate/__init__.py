"""Simulate a model: one subject, or a virtual population.

MODEL is a name from `livingdrug models`, or a model file.
"""
