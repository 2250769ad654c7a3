"""Times at which a curve is drawn beside those of its table: where something happens that a regular step
would cut off."""

import numpy as np

from livingdrug.core.errors import LivingdrugError
from livingdrug.engine import array_function
from livingdrug.models import ClosedForm, Model
from livingdrug.simulation import CurvesTask, Dose, default_regimen

AFTER = 1e-7  # of the horizon: just after a dose; the value at its time is the one before it
CLOSER = 2.0 ** -np.arange(1, 8)  # of a step of the table: what is fast after a dose
MOST = 60  # events of a regimen that are drawn as they are


def drawn_times(task: CurvesTask) -> np.ndarray:
    """The times of a task's table, those just before and after each dose, and of one subject breakpoints
    and what follows them closely, shape (t,). They are those of the typical subject where several are
    drawn."""
    regular = task.times
    step = float(np.min(np.diff(regular))) if len(regular) > 1 else task.until
    regimen = task.regimen or default_regimen(task.model)
    doses = [dose for dose in regimen.records if isinstance(dose, Dose)]
    events = np.unique([0.0, *(time for dose in doses for time in _times_of(dose))])[:MOST]
    more = [events, events + AFTER * task.until]
    if task.n == 1:
        events = np.unique(np.append(events, breakpoints(task.model)))
        more += [events, (events[:, None] + step * CLOSER).ravel()]
    times = np.unique(np.concatenate([regular, *more]))
    return times[(times >= 0) & (times <= task.until)]


def _times_of(dose: Dose) -> list[float]:
    """When a dose and its repeats begin, and where the end of an infusion is a number, when they end."""
    begin = dose.time + dose.every * np.arange(min(dose.repeats, MOST) + 1)
    length = dose.duration if isinstance(dose.duration, (int, float)) else 0.0
    lag = dose.lag if isinstance(dose.lag, (int, float)) else 0.0
    return [*(begin + lag), *(begin + lag + length)]


def breakpoints(model: Model) -> np.ndarray:
    """Times at which the formulas or equations of a model change, at its typical values; times that depend
    on more than its quantities are left out."""
    system = model.system
    closed = isinstance(system, ClosedForm)
    texts = (
        [p.until for o in system.outputs for p in o.pieces if p.until]
        if closed
        else [switch.at for switch in getattr(system, "switches", ()) if not switch.calendar]
    )
    typical = dict(model.typical)
    lines = tuple((d.name, d.expression) for d in system.definitions) if closed else ()
    found = []
    for text in dict.fromkeys(texts):
        try:
            (value,) = array_function(("time", *typical), lines, (text,))(0.0, *typical.values())
        except (LivingdrugError, NameError, ValueError, ZeroDivisionError):
            continue
        found.append(float(value))
    return np.array([value for value in found if np.isfinite(value)])
