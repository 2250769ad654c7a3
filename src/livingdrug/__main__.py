"""`python -m livingdrug`."""

from livingdrug.cli.main import main

main()
