"""The text of a new model file: commented, complete, with made-up numbers, ready to run and to be changed."""

import re

from livingdrug.models.elements import KINDS, ROLES
from livingdrug.models.roles import KEY

CLOSED_FORM, FLOWS = "closed_form", "flows"

_HEAD = """\
# A model file of livingdrug, made by `livingdrug models new`. Every number below is made up and labelled so: change what you
# like. docs/model_file.md explains every key. Run it with
#   livingdrug models check {file}
#   livingdrug simulate {file}
#   livingdrug fit your_data.csv --model {file}
"""

_CLOSED_FORM = """
name = "{name}"
title = "A level that grows to its peak and declines (made-up numbers)"

[closed_form]
time_unit = "d"                       # d or h: what `time` counts, from the infusion on

# What is reported. A closed form gives it as formulas of time, in pieces: each holds until its end, the last one for ever.
# measured: an assay sees it, so it has a residual error, and a fit compares it with data.
[[closed_form.outputs]]
name = "level"
unit = "copies/ug"
meaning = "transgene in blood"
measured = true
pieces = [
  {{ expression = "start * exp(growth * time)", until = "t_peak" }},
  {{ expression = "peak * exp(-decline * (time - t_peak))" }},
]

# A name for an expression that is used more than once.
[[closed_form.definitions]]
name = "peak"
expression = "start * exp(growth * t_peak)"

# Every number that the formulas need: its unit (units are checked), its meaning, and what it may be:
# bound = "positive", "nonnegative" (the default), "fraction" (0 to 1) or "any".
[[closed_form.quantities]]
name = "start"
unit = "copies/ug"
meaning = "level at time 0, extrapolated"
bound = "positive"

[[closed_form.quantities]]
name = "growth"
unit = "1/d"
meaning = "rate of growth"
bound = "positive"

[[closed_form.quantities]]
name = "t_peak"
unit = "d"
meaning = "time of the peak"
bound = "positive"

[[closed_form.quantities]]
name = "decline"
unit = "1/d"
meaning = "rate of decline"
bound = "positive"

# Typical values, one for every quantity, and where they are from.
[[values]]
name = "made_up"
source = {{ key = "synthetic", citation = "made up for this file" }}
values = {{ start = 10.0, growth = 0.6, t_peak = 10.0, decline = 0.1 }}

# How subjects differ: log-normal, each given as sd or variance (of the logarithm) or cv. A fit starts from these.
[[populations]]
name = "made_up"
source = {{ key = "synthetic", citation = "made up for this file" }}
spreads = {{ growth = {{ sd = 0.2 }}, decline = {{ sd = 0.5 }} }}

# Residual error of what is measured: the standard deviation of the logarithm.
[[residuals]]
output = "level"
log_sd = 0.3
source = {{ key = "synthetic", citation = "made up for this file" }}

# What `simulate` runs by default: doses as [time, amount], and the horizon. A closed form starts at its one infusion.
[[experiments]]
name = "three_months"
doses = []
until = 90.0

# A number that the model must reproduce: `models check` computes it and compares. Take one that you trust.
[[anchors]]
name = "peak"
experiment = "three_months"
output = "level"
quantity = "CMAX"
value = 4034.288
unit = "copies/ug"
rtol = 1e-4
source = {{ key = "livingdrug", citation = "arithmetic: 10 exp(0.6 * 10)" }}
"""

_FLOWS = """
name = "{name}"
title = "CAR-T cells that expand on a tumour and kill it (made-up numbers)"

[structure]
time_unit = "d"                       # d or h: what rates and doses count
dose_into = "car_t"                   # the state that a dose enters, in the unit of that state

# Where states are. `volume` names the quantity that turns cells there into cells/uL.
[[structure.places]]
name = "blood"
volume = "blood_volume"

# What is followed over time. roles say what a state is (car_t, host_t, target, antigen, infused, drug, complex, biomarker),
# so that fragments such as `--with host_competition` find it.
[[structure.states]]
name = "car_t"
unit = "cells"
meaning = "CAR-T cells"
roles = ["car_t"]
at = "blood"

[[structure.states]]
name = "tumour"
unit = "cells"
meaning = "tumour cells"
roles = ["target"]
initial = "tumour_0"

# A flow takes `rate` out of one state and puts `gain` times it (1 unless given) into another; one end may be absent.
# kind: expansion, differentiation, death, killing, exchange, growth, production, clearance or engraftment.
# A rate is arithmetic with quantities and states: + - * / **, exp, log, sqrt, min, max, and hill(x, n, k), which is
# x^n / (k^n + x^n). Its unit must be that of the state per time.
[[structure.flows]]
name = "expansion"
kind = "expansion"
into = "car_t"
rate = "mu * car_t * hill(tumour, 1, tumour_50)"

[[structure.flows]]
name = "loss"
kind = "death"
out_of = "car_t"
rate = "loss * car_t"

[[structure.flows]]
name = "growth"
kind = "growth"
into = "tumour"
rate = "growth * tumour"

[[structure.flows]]
name = "killing"
kind = "killing"
out_of = "tumour"
rate = "kill * car_t * hill(tumour, 1, tumour_50)"

# What is reported. measured: an assay sees it, so it has a residual error, and a fit compares it with data.
[[structure.outputs]]
name = "car_t_blood"
expression = "density(car_t @ blood)"
unit = "cells/uL"
meaning = "CAR-T cells in blood"
measured = true

[[structure.outputs]]
name = "tumour"
expression = "tumour"
unit = "cells"
meaning = "tumour cells"

# Every number that the expressions need: its unit (units are checked), its meaning, and what it may be:
# bound = "positive", "nonnegative" (the default), "fraction" (0 to 1) or "any".
[[structure.quantities]]
name = "mu"
unit = "1/d"
meaning = "largest rate of expansion"
bound = "positive"

[[structure.quantities]]
name = "loss"
unit = "1/d"
meaning = "rate of loss of CAR-T cells"
bound = "positive"

[[structure.quantities]]
name = "growth"
unit = "1/d"
meaning = "rate of tumour growth"

[[structure.quantities]]
name = "kill"
unit = "1/d"
meaning = "tumour cells that a CAR-T cell kills in a day"
bound = "positive"

[[structure.quantities]]
name = "tumour_50"
unit = "cells"
meaning = "tumour at half the largest effect"
bound = "positive"

[[structure.quantities]]
name = "tumour_0"
unit = "cells"
meaning = "tumour at the infusion"

[[structure.quantities]]
name = "blood_volume"
unit = "uL"
meaning = "volume of blood"
bound = "positive"
fixed = true                          # part of the equations: --cv leaves it alone

# Typical values, one for every quantity, and where they are from.
[[values]]
name = "made_up"
source = {{ key = "synthetic", citation = "made up for this file" }}
values = {{ mu = 0.9, loss = 0.15, growth = 0.01, kill = 4.0, tumour_50 = 1e9, tumour_0 = 1e10, blood_volume = 5e6 }}

# How subjects differ: log-normal, each given as sd or variance (of the logarithm) or cv. A fit starts from these.
[[populations]]
name = "made_up"
source = {{ key = "synthetic", citation = "made up for this file" }}
spreads = {{ mu = {{ sd = 0.2 }}, loss = {{ sd = 0.4 }} }}

# Residual error of what is measured: the standard deviation of the logarithm.
[[residuals]]
output = "car_t_blood"
log_sd = 0.3
source = {{ key = "synthetic", citation = "made up for this file" }}

# What `simulate` runs by default: doses as [time, amount] in the unit of the state that they enter, and the horizon.
[[experiments]]
name = "one_infusion"
doses = [[0.0, 1e8]]
until = 90.0

# A number that the model must reproduce: `models check` computes it and compares. Take one that you trust.
[[anchors]]
name = "level_at_the_infusion"
experiment = "one_infusion"
output = "car_t_blood"
quantity = "C0"
value = 20.0
unit = "cells/uL"
rtol = 1e-6
source = {{ key = "livingdrug", citation = "arithmetic: 1e8 cells / 5e6 uL" }}
"""

TEMPLATES = {CLOSED_FORM: _CLOSED_FORM, FLOWS: _FLOWS}


def new_text(shape: str, stem: str) -> str:
    """The text of a model file; shape: a key of TEMPLATES; stem: its file's name without .toml."""
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "mine"
    return _HEAD.format(file=f"{stem}.toml") + TEMPLATES[shape].format(name=name)


def map_text(tables: dict, file: str, origin: str) -> str:
    """A map for an SBML file, with every state and flow in it as a remark to be filled in."""
    structure = tables["structure"]
    states = [(s["name"], s["meaning"], s["unit"]) for s in structure.get("states", ())]
    flows = [
        (f["name"], f"{f.get('out_of', '*')} -> {f.get('into', '*')}", f["kind"])
        for f in structure.get("flows", ())
    ]
    lines = [
        f"# What the states and flows of {origin} are, so that fragments can join it. Take the # off the lines that hold.",
        f"#   livingdrug models check {file}; livingdrug simulate {file} --with tissue",
        f'{KEY} = "{origin}"',
        *(
            (
                f'# dose_into = "{states[0][0]}"',
                f'# measured = ["{states[0][0]}"]  # what a fit compares with data',
            )
            if states
            else ()
        ),
        "",
        f"[roles]  # {', '.join(ROLES)}; `car_t @ blood` also says where",
        *(f'# {name} = "car_t @ blood"  # {meaning}' for name, meaning, _ in states),
        "",
        f"[kinds]  # of flows: {', '.join(KINDS)}; a fragment that scales expansion must meet one",
        *(f'# {name} = "{kind}"  # {ends}' for name, ends, kind in flows),
        "",
        "[places]  # the volume of a place in uL, as a number or a quantity of the file",
        "# blood = 5e6",
        "",
        "[units]  # of states and quantities, where the file says other ones or none; fragments count cells or cells/uL",
        *(f'# {name} = "cells"  # {unit} in the file' for name, _, unit in states),
    ]
    return "\n".join(lines) + "\n"
