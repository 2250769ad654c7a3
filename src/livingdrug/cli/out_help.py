"""What `--out` means, the same for every command."""

OUT_HELP = (
    "Where to write. A name that ends in .csv: the table. Any other name: a folder with the table, pictures, scenario, "
    "script and report.html."
)
