"""Curves from exposure to a yes-or-no outcome, a grade or a value, and how they are fitted."""
