"""Data to try the commands on: a module each, found by looking into this folder."""
