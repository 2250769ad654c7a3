"""Small models that comparisons of fits are tested on, with made-up values."""

LINE = """
name = "line"
title = "A line"
[closed_form]
time_unit = "d"
quantities = [
  { name = "base", unit = "copies/ug", meaning = "level at 0", bound = "any" },
  { name = "slope", unit = "copies/ug/d", meaning = "rise", bound = "any" },
]
[[closed_form.outputs]]
name = "level"
unit = "copies/ug"
meaning = "level"
measured = true
pieces = [{ expression = "base + slope * time" }]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { base = 20.0, slope = 3.0 }
"""

_SPREADS = """
[[populations]]
name = "made"
meaning = "made up"
source = {{ key = "synthetic", citation = "made up" }}
[populations.spreads.top]
sd = 0.4
[populations.spreads.rate]
sd = {rate}
"""


def falling(name: str, expression: str, rate: float) -> str:
    """A model of a level that falls from `top` with a `rate`, both with a published variability; expression: of its level."""
    return f"""
name = "{name}"
title = "A falling level"
[closed_form]
time_unit = "d"
quantities = [
  {{ name = "top", unit = "copies/ug", meaning = "level at 0", bound = "positive" }},
  {{ name = "rate", unit = "1/d", meaning = "rate", bound = "positive" }},
]
[[closed_form.outputs]]
name = "level"
unit = "copies/ug"
meaning = "level"
measured = true
pieces = [{{ expression = "{expression}" }}]
[[values]]
name = "made"
source = {{ key = "synthetic", citation = "made up" }}
values = {{ top = 100.0, rate = {rate} }}
""" + _SPREADS.format(rate=0.3)


EXPONENTIAL = falling("exponential", "top * exp(-rate * time)", 0.2)
HYPERBOLIC = falling("hyperbolic", "top / (1 + rate * time)", 0.4)
