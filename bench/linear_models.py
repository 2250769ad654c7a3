"""Models of linear flows and simulated data for them, with made-up numbers, for `linear_flows.py` and
`focei_starts.py`."""

from dataclasses import replace

import numpy as np

from livingdrug.data import Data, Profile
from livingdrug.fit import FitProblem, ResidualError, new_problem
from livingdrug.models import Model
from livingdrug.models.text import from_toml
from livingdrug.simulation import Subjects, observe, simulate

_SOURCE = 'source = { key = "synthetic", citation = "made up" }'

TWO_COMPARTMENTS = f"""
name = "two_compartments"
title = "Two compartments, bolus"
[structure]
time_unit = "h"
dose_into = "central"
states = [
  {{ name = "central", unit = "ug", meaning = "amount in the central compartment", roles = ["drug"] }},
  {{ name = "peripheral", unit = "ug", meaning = "amount in the peripheral compartment", roles = ["drug"] }},
]
flows = [
  {{ name = "elimination", rate = "cl / v1 * central", kind = "clearance", out_of = "central" }},
  {{ name = "distribution", rate = "q / v1 * central", kind = "exchange", out_of = "central", into = "peripheral" }},
  {{ name = "return", rate = "q / v2 * peripheral", kind = "exchange", out_of = "peripheral", into = "central" }},
]
outputs = [{{ name = "level", expression = "central / v1", unit = "ug/mL", meaning = "concentration", measured = true }}]
quantities = [
  {{ name = "cl", unit = "mL/h", meaning = "clearance", bound = "positive" }},
  {{ name = "v1", unit = "mL", meaning = "central volume", bound = "positive" }},
  {{ name = "q", unit = "mL/h", meaning = "distribution clearance", bound = "positive" }},
  {{ name = "v2", unit = "mL", meaning = "peripheral volume", bound = "positive" }},
]
[[values]]
name = "truth"
{_SOURCE}
values = {{ cl = 4.0, v1 = 12.0, q = 6.0, v2 = 30.0 }}
"""

TURNOVER = f"""
name = "turnover"
title = "A drug that adds to the constant production of a marker"
[structure]
time_unit = "h"
dose_into = "central"
states = [
  {{ name = "central", unit = "ug", meaning = "drug", roles = ["drug"] }},
  {{ name = "marker", unit = "ug", meaning = "marker", roles = ["biomarker"], initial = "production / loss" }},
]
flows = [
  {{ name = "elimination", rate = "k * central", kind = "clearance", out_of = "central" }},
  {{ name = "making", rate = "production", kind = "production", into = "marker" }},
  {{ name = "more_of_it", rate = "effect * central", kind = "production", into = "marker" }},
  {{ name = "losing", rate = "loss * marker", kind = "clearance", out_of = "marker" }},
]
outputs = [{{ name = "marker_level", expression = "marker", unit = "ug", meaning = "marker", measured = true }}]
quantities = [
  {{ name = "k", unit = "1/h", meaning = "elimination rate of the drug", bound = "positive" }},
  {{ name = "production", unit = "ug/h", meaning = "production of the marker", bound = "positive" }},
  {{ name = "loss", unit = "1/h", meaning = "loss rate of the marker", bound = "positive" }},
  {{ name = "effect", unit = "1/h", meaning = "marker made per drug", bound = "positive" }},
]
[[values]]
name = "truth"
{_SOURCE}
values = {{ k = 0.15, production = 10.0, loss = 0.4, effect = 0.6 }}
"""

PARENT_METABOLITE = f"""
name = "parent_metabolite"
title = "A drug taken by mouth and its metabolite"
[structure]
time_unit = "h"
dose_into = "gut"
states = [
  {{ name = "gut", unit = "ug", meaning = "drug to be absorbed", roles = ["infused"] }},
  {{ name = "parent", unit = "ug", meaning = "drug", roles = ["drug"] }},
  {{ name = "metabolite", unit = "ug", meaning = "metabolite", roles = ["drug"] }},
]
flows = [
  {{ name = "absorption", rate = "k_a * gut", kind = "exchange", out_of = "gut", into = "parent" }},
  {{ name = "conversion", rate = "cl / v * parent", kind = "exchange", out_of = "parent", into = "metabolite" }},
  {{ name = "elimination", rate = "k_m * metabolite", kind = "clearance", out_of = "metabolite" }},
]
outputs = [
  {{ name = "drug", expression = "parent / v", unit = "ug/mL", meaning = "drug", measured = true }},
  {{ name = "made_of_it", expression = "metabolite / v", unit = "ug/mL", meaning = "metabolite", measured = true }},
]
quantities = [
  {{ name = "k_a", unit = "1/h", meaning = "absorption rate", bound = "positive" }},
  {{ name = "cl", unit = "mL/h", meaning = "clearance of the drug", bound = "positive" }},
  {{ name = "v", unit = "mL", meaning = "volume of the drug", bound = "positive" }},
  {{ name = "k_m", unit = "1/h", meaning = "elimination rate of the metabolite", bound = "positive" }},
]
[[values]]
name = "truth"
{_SOURCE}
values = {{ k_a = 1.0, cl = 5.0, v = 20.0, k_m = 0.15 }}
"""

TIMES = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 36.0)
DOSE, OMEGA, RESIDUAL = 100.0, 0.3, 0.15


def two_compartments() -> Model:
    """Bolus into the central of two compartments."""
    return from_toml(TWO_COMPARTMENTS, "two_compartments")


def turnover() -> Model:
    """Constant production of a marker, to which a drug adds."""
    return from_toml(TURNOVER, "turnover")


def parent_metabolite() -> Model:
    """Absorption, a drug and its metabolite; both are measured."""
    return from_toml(PARENT_METABOLITE, "parent_metabolite")


def simulated(
    model: Model, subjects: int, seed: int, omega: float = OMEGA, residual: float = RESIDUAL
) -> Data:
    """Levels of every measured output at TIMES after DOSE, log-normal between subjects, with a proportional
    error."""
    random = np.random.default_rng(seed)
    values = {
        q.name: model.typical[q.name] * np.exp(omega * random.standard_normal(subjects))
        for q in model.quantities
    }
    names = tuple(o.name for o in model.system.outputs if o.measured)
    result = simulate(model, Subjects(values, "simulated"), [DOSE], TIMES, outputs=list(names), rtol=1e-10)
    table = observe(replace(model, residuals=()), result)
    unit = {o.name: o.unit for o in model.system.outputs}
    output = table["output"].to_numpy() if "output" in table else np.full(len(table), names[0], dtype=object)
    place = {name: k for k, name in enumerate(names)}
    subject = table["subject"].to_numpy() - 1
    profile = subject * len(names) + np.array([place[name] for name in output])
    order = np.lexsort((table["time"].to_numpy(), profile))
    level = table["value"].to_numpy()[order]
    level = level * (1 + residual * np.clip(random.standard_normal(len(level)), -5, 5))
    blank = np.full(subjects * len(names), "", dtype=object)
    outputs = np.array(names * subjects, dtype=object)
    units = np.array([unit[name] for name in outputs], dtype=object)
    who = np.repeat(np.arange(subjects), len(names))
    rows = len(level)
    return Data(
        "simulated", tuple(f"S{i + 1}" for i in range(subjects)),
        Profile(who, blank, outputs, blank, units, np.full(len(who), DOSE)), profile[order], table["time"].to_numpy()[order],
        level, np.zeros(rows, dtype=np.int8), np.full(rows, np.nan), np.arange(rows) + 2, "h", "", {}, {},
        np.full(subjects, np.nan),
    )  # fmt: skip


def problem_of(model: Model, subjects: int, seed: int = 1) -> FitProblem:
    """All quantities with a between-subject variability of 0.3 and a proportional error of 0.15, as
    simulated."""
    names = [o.name for o in model.system.outputs if o.measured]
    residuals = [ResidualError(name, "proportional", b=RESIDUAL) for name in names]
    random = {q.name: OMEGA for q in model.quantities}
    return new_problem(model, simulated(model, subjects, seed), random, residuals=residuals)
