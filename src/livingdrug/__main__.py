"""`python -m livingdrug`."""

from livingdrug.cli.main import run

run()
