"""Fits of models to the data of subjects: populations, single subjects, values below the limit."""
