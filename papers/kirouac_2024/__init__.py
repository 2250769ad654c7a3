"""Kirouac, Zmurchok & Morris 2024 reproduced panel by panel. Evidence, not API: run it with `make paper`."""
