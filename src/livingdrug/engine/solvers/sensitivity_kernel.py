"""Compiled code for forward sensitivities (see `codegen.sensitivity_writer`): made when missing, loaded when not."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

import livingdrug
from livingdrug.core.errors import ModelError
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.compile import without_pools
from livingdrug.engine.codegen.layout import LANES, Layout
from livingdrug.engine.events import refuse_events
from livingdrug.engine.kernel import Kernel, kernel_of, made_module
from livingdrug.models import System


class SensitivityAddresses(NamedTuple):
    """Functions beyond those of a kernel: at the start of a step, within it, at a sample, at the beginning."""

    curvature: int
    linear: int
    observe_slopes: int
    initial_slopes: int
    switch_slopes: int


@dataclass(frozen=True)
class SensitivityKernel:
    """Compiled code for the sensitivities of a system.

    Attributes
    ----------
    kernel : Kernel
        The system's own code, without exact pools.
    call : SensitivityAddresses
        The further functions.
    by : tuple of str
        Names of the quantities.
    entries : dict[str, ndarray]
        Per group, the indices of its stored entries: q (state, quantity), jt as the Jacobian, qt as q, h
        (row, state, state), hq (row, state, quantity).
    """

    kernel: Kernel
    call: SensitivityAddresses
    by: tuple[str, ...]
    entries: dict[str, np.ndarray]


@lru_cache(maxsize=32)
def sensitivity_kernel(system: System, observed: tuple[str, ...], by: tuple[str, ...]) -> SensitivityKernel:
    """Compiled code for the sensitivities of outputs (or states) by quantities.

    Parameters
    ----------
    system : System
        The assembled equations.
    observed : tuple of str
        Names of outputs or states.
    by : tuple of str
        Quantities of the slopes.

    Returns
    -------
    SensitivityKernel

    Raises
    ------
    ModelError
        For a quantity that the system has not.
    """
    names = [q.name for q in system.quantities]
    for name in by:
        if name not in names:
            raise ModelError(f"`{system.name}` has no quantity `{name}` to take a sensitivity by")
    refuse_events(system, "not fitted, and there are no derivatives by its parameters")
    # a pool's exact course depends on the quantities; integrated like any state it needs no derivatives of its own
    pools = without_pools(system)

    def write() -> tuple[str, Layout]:
        from livingdrug.engine.codegen import symbolic
        from livingdrug.engine.codegen.sensitivity_writer import SensitivityWriter

        equations = symbolic.renamed(system, symbolic.equations(system, pools))
        if symbolic.jumps(equations):
            raise ModelError(
                f"`{system.name}` has a `choose` whose condition moves with time or a state: it can be simulated, but "
                "not fitted, as the derivatives of what jumps there are not known; use min, max or a switch where they "
                "say the same"
            )
        return SensitivityWriter(system, equations, observed, by).module(system.name, livingdrug.__version__)

    module, layout = made_module(
        cache.key("sensitivities", repr(system), repr(observed), repr(by)), f"{system.name} with sensitivities", write
    )
    addresses = (getattr(module, name).address for name in SensitivityAddresses._fields)
    width = {"q": 2, "jt": 2, "qt": 2, "h": 3, "hq": 3}
    entries = {group: np.array(places, dtype=np.int64).reshape(-1, width[group]) for group, places in layout.further}
    entries["jt"] = np.array(layout.jacobian, dtype=np.int64)
    return SensitivityKernel(
        kernel_of(system, observed, pools, module, layout), SensitivityAddresses(*addresses), by,
        {group: LANES * places for group, places in entries.items()},
    )  # fmt: skip
