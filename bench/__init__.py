"""Benchmarks: one script per claim about speed. Evidence, not API: run them with `make bench`."""
