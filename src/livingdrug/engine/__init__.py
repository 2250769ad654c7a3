"""Equations in, arrays out. The engine knows states, rates and times, and nothing of biology."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # loaded when first used: a run whose code is in the cache needs no sympy, one without LSODA no scipy
    from livingdrug.engine.codegen.compile import (
        array_function,
        compile_system,
        condition_function,
        output_function,
        state_function,
    )
    from livingdrug.engine.codegen.machine_code import kept
    from livingdrug.engine.codegen.vector_math import compiled
    from livingdrug.engine.draws import lognormals, normals
    from livingdrug.engine.events import ADD, RATE, RISEN, SET, Events, refuse_events
    from livingdrug.engine.kernel import Kernel, system_kernel
    from livingdrug.engine.population import (
        RTOL,
        STATUS,
        EventTable,
        Measures,
        copied_task,
        in_threads,
        new_task,
        reason,
        solve_population,
        solve_task,
    )
    from livingdrug.engine.reference.lsoda import advance, solve
    from livingdrug.engine.reference.rises import largest_rise
    from livingdrug.engine.reference.triggered import solve_triggered
    from livingdrug.engine.solvers.closed_form import (
        closed_form_course,
        closed_form_faults,
        closed_form_metrics,
        closed_form_values,
    )
    from livingdrug.engine.solvers.exponentials import exponential_kernel, solve_exponentials
    from livingdrug.engine.solvers.formulas import (
        FormulaKernel,
        Formulas,
        formula_kernel,
        formula_slopes,
        formula_values,
    )
    from livingdrug.engine.solvers.lane_formulas import LaneFormulas, lane_formulas
    from livingdrug.engine.solvers.linear import LinearKernel, Solution, linear_kernel, solve_linear, ticks_of
    from livingdrug.engine.solvers.sensitivity_kernel import SensitivityKernel, sensitivity_kernel
    from livingdrug.engine.solvers.solve_slopes import solve_task_sensitivities
    from livingdrug.engine.solvers.steady_state import steady_state
    from livingdrug.engine.storage import OK, Found, Task
    from livingdrug.engine.threads import side_by_side

__all__ = [
    "ADD", "OK", "RATE", "RISEN", "RTOL", "SET", "STATUS", "EventTable", "Events", "FormulaKernel",
    "Formulas", "Found", "Kernel", "LaneFormulas", "LinearKernel", "Measures", "SensitivityKernel", "Solution", "Task",
    "advance", "array_function", "closed_form_course", "closed_form_faults", "closed_form_metrics",
    "closed_form_values", "compile_system", "compiled", "condition_function", "copied_task",
    "exponential_kernel", "formula_kernel", "formula_slopes", "formula_values", "in_threads", "kept", "lane_formulas",
    "largest_rise", "linear_kernel", "lognormals", "new_task", "normals", "output_function", "reason", "refuse_events",
    "sensitivity_kernel", "side_by_side", "solve", "solve_exponentials", "solve_linear", "solve_population", "solve_task",
    "solve_task_sensitivities", "solve_triggered", "state_function", "steady_state", "system_kernel",
    "ticks_of",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__)
