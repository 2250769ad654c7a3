"""Example data and designs, simulated from start to end; no patient is behind any number."""
