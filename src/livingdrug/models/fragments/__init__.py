"""One mechanism per file; every `Fragment` in a file is found by the catalogue. Join them to a model with
`+`."""
