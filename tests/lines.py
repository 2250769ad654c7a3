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
