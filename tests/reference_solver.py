"""Curves of a model by the reference solver: nothing is compiled, so many small models take no time."""

import numpy as np

from livingdrug.engine import Events, compile_system, output_function, solve_triggered
from livingdrug.engine.reference.lsoda import solve


def reference_curves(model, times, rtol=1e-9):
    """Output -> values of the typical subject, without doses, at the times."""
    system, times = model.system, np.asarray(times, dtype=float)
    names = [output.name for output in system.outputs]
    run = solve_triggered if system.events else solve
    more = {} if system.events else {"atol": 1e-12}
    p = [model.typical[q.name] for q in system.quantities]
    wanted = output_function(system, names)
    found = run(
        compile_system(system), p, Events.of([]), times, float(times[-1]) or 1.0, wanted, rtol=rtol, **more
    )
    assert found.status == "ok", found.reason
    return dict(zip(names, found.values, strict=True))
