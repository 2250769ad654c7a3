"""`python -m livingdrug`."""

from livingdrug.cli.main import start

start()
