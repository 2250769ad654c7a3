"""Quantitative pharmacology of engineered T cells."""

__version__ = "0.1.0"
