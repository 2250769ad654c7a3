"""Kinds of scenario that do not have a folder in `workflows` yet."""
