"""Runs beyond one process: blocks of subjects on local processes or a Dask cluster, with the same numbers."""

from livingdrug.scale.blocks import Serial
from livingdrug.scale.exposures import exposures
from livingdrug.scale.kept import Kept, blocks_folder, kept_blocks
from livingdrug.scale.runs import CurveFile, Executor, Progress, choose_executor, run_curves, run_exposures

__all__ = [
    "CurveFile", "Executor", "Kept", "Progress", "Serial", "blocks_folder", "choose_executor", "exposures", "kept_blocks",
    "run_curves", "run_exposures",
]  # fmt: skip
