"""One published paper per file; every `Model` in a file is found by the catalogue. Adding a model is adding a
file."""
