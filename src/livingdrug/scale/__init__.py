"""Runs beyond one process: blocks of subjects on local processes or a Dask cluster, with the same numbers."""

from livingdrug.scale.exposures import exposures

__all__ = ["exposures"]
