"""Runs beyond one process: blocks of subjects on local processes or a Dask cluster, with the same numbers."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.scale.blocks import Serial
    from livingdrug.scale.estimates import Estimate, check_estimate, estimate, is_large
    from livingdrug.scale.exposures import exposures
    from livingdrug.scale.runs import CurveFile, Executor, Progress, choose_executor, run_curves, run_exposures
    from livingdrug.scale.shards import Shard, keep_shard, kept_shard, read_shard

__all__ = [
    "CurveFile", "Estimate", "Executor", "Progress", "Serial", "Shard", "check_estimate",
    "choose_executor", "estimate", "exposures", "is_large",
    "keep_shard", "kept_shard", "read_shard", "run_curves", "run_exposures",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__)
