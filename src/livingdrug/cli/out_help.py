"""What `--out` means, the same for every command."""

OUT_HELP = (
    "Where to write. A name that ends in .csv or .parquet: the table. Any other name: a folder with the table, figures, "
    "scenario, script and report.html."
)
EVEN_SO_HELP = "Take a fitted model whose fit is not sound too; every output says so."
UNCERTAINTY_HELP = (
    "Draws of the estimates of a fitted model (such as 100): assurance, power averaged over them."
)
MEMORY_HELP = (
    "Bound on the memory of the run, in GB (4); a run that would take more is refused before it begins."
)
