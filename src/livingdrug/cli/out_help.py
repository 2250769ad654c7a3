"""What `--out` means, the same for every command."""

OUT_HELP = (
    "Where to write. A name that ends in .csv or .parquet: the table. Any other name: a folder with the table, figures, "
    "scenario, script and report.html."
)
UNCERTAINTY_HELP = (
    "Draws of the estimates of a fitted model (such as 100): assurance, power averaged over them."
)
MEMORY_HELP = (
    "Bound on the memory of the run, in GB (4); a run that would take more is refused before it begins."
)
DASK_HELP = (
    "Distribute the subjects over the workers of a Dask cluster: the address of its scheduler, or local for a worker on each "
    "processor of this machine."
)
RESUME_HELP = "Go on from what an interrupted run with the same --out (or shards of it) finished."
SHARD_HELP = (
    "Compute part I of N of the subjects' blocks and keep them beside --out, as one job of a batch; when all "
    "are there, the same command with --resume in place of --shard writes the result."
)
YES_HELP = "Start a large run even where it is estimated to take more than 1 h or 20 GB of disk."
