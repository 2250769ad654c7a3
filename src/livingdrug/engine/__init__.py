"""Equations in, arrays out. The engine knows states, rates and times, and nothing of biology."""
