"""A small model that several tests fit: one exponential, with made-up values."""

DECLINE = """
name = "decline"
title = "One exponential"
[closed_form]
time_unit = "d"
quantities = [
  { name = "top", unit = "copies/ug", meaning = "level at 0", bound = "positive" },
  { name = "rate", unit = "1/d", meaning = "rate", bound = "positive" },
]
[[closed_form.outputs]]
name = "level"
unit = "copies/ug"
meaning = "level"
measured = true
pieces = [{ expression = "top * exp(-rate * time)" }]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { top = 100.0, rate = 0.2 }
"""
