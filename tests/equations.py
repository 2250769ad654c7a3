"""What the equations of a model give at states of one's choice, for comparison with those of another form of it."""

from livingdrug.engine import compile_system, output_function
from livingdrug.engine.codegen.compile import state_function
from livingdrug.simulation import individual_values, typical_subject


def values_of(model):
    return {name: float(v[0]) for name, v in individual_values(model, typical_subject(model)).items()}


def equations_at(model, t, states):
    """Derivatives and outputs at given states (by name), what is not named being as at the start, without any dose."""
    system, values = model.system, values_of(model)
    p = [values[q.name] for q in system.quantities]
    code = compile_system(system)
    y = dict(zip([s.name for s in system.states], code.initial(*p), strict=True)) | states
    on = [1.0 if t >= at else 0.0 for at in code.switch_times(*p)]
    names = [s.name for s in system.states]
    rates = {name: "0" for name in names}
    for flow in system.flows:
        if flow.out_of:
            rates[flow.out_of] += f" - ({flow.rate})"
        if flow.into:
            rates[flow.into] += f" + ({flow.gain}) * ({flow.rate})"
    slopes = state_function(system, tuple(rates.values()))(t, list(y[n] for n in names), p, on)
    wanted = [o.name for o in system.outputs]
    found = output_function(system, wanted)(t, *(y[n] for n in names), *p, *on)
    return dict(zip(names, slopes, strict=True)), dict(zip(wanted, map(float, found), strict=True))
