"""A small model that several tests fit: a bolus of 10 into a volume of 2, loss 0.3 per day; made-up values."""

BOLUS = """
name = "bolus"
title = "One compartment"
[structure]
time_unit = "d"
dose_into = "inside"
states = [{ name = "inside", unit = "ug", meaning = "inside", roles = ["drug"] }]
flows = [{ name = "loss", rate = "k * inside", kind = "clearance", out_of = "inside" }]
outputs = [{ name = "level", expression = "inside / v", unit = "ug/mL", meaning = "level", measured = true }]
quantities = [
  { name = "v", unit = "mL", meaning = "volume", bound = "positive" },
  { name = "k", unit = "1/d", meaning = "rate", bound = "positive" },
]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { v = 2.0, k = 0.3 }
"""
