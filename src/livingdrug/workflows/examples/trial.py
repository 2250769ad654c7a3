"""Commented designs of a trial and of a dose escalation; every number below the model is made up, and they say so."""

UMBRELLA = '''# Three product versions against a shared control. Run it with:  livingdrug trial umbrella.toml --plots figures
# EVERY NUMBER BELOW THE MODEL IS MADE UP, to show what can be said. For research, not for clinical decisions.
kind = "trial"

# The model of the control: a name from `livingdrug models`, or a model file. Its published between-subject variability (IIV),
# or cv = 0.5 (log-normal on every rate). values = { ... } and fragments = [ ... ] as in `livingdrug simulate`.
model = "stein_2019"
variability = "variance"

# Days of sampling, limit of quantification (unit of the output), and dropout: a rate per day, exponential.
# residual = 0.56 is the SD of the assay's error on the log scale; the published one by default.
# Without `visits` the model's own exposures are compared, as if the assay were perfect.
visits = [1, 3, 5, 7, 9, 11, 14, 17, 21, 28, 60, 90, 180]
limit = 50
dropout = 0.001

# What is tested: alpha for the whole family under "dunnett" and "holm"; "none" tests every version at the full alpha.
control = "standard"
alpha = 0.05
sides = 2
power = 0.8
multiplicity = "dunnett"

# Numbers in the smallest arm (the others in proportion) at which the power is simulated as well.
sizes = [10, 20, 40, 60, 80]

# An arm stops when half of it (and of the control) has been seen and the probability of success is below 10 %.
# rule = "effect" stops below a ratio (difference of rates) instead.
futility = { at = 0.5, rule = "conditional_power", below = 0.1 }

[[arms]]
name = "standard"
n = 40
cost = 1.0        # of one patient, in any unit

[[arms]]
name = "better expansion"
n = 40
cost = 1.2
change = { c_max = 3.0 }          # folds on any parameter of the model

[[arms]]
name = "longer persistence"
n = 40
cost = 1.2
change = { beta = 0.33, f_b = 3.0 }
responders = 0.8                  # proportion of patients in whom the change acts

[[arms]]
name = "more even product"
n = 40
cost = 1.5
change = { c_max = 1.5 }
variance_scale = 0.5              # factor on all log-variances between patients

# dose = 2.0 in an arm is a factor on the doses; dose = ["5e7", "5e7@14"] are doses of its own, where the model takes any.
# A model on a clock since its one infusion refuses more of them, unless  repeat = "superposition"  is said above.

# The first endpoint is the primary one: sizes and futility are about it. Endpoints are not adjusted for one another.
[[endpoints]]
name = "AUC28"
kind = "auc"                      # or "cmax": t-test on the logarithm; test = "welch" for unequal variances
window = [0, 28]

[[endpoints]]
name = "response"
kind = "response"                 # through P = E^slope / (ec50^slope + E^slope) of the model's own exposure E
exposure = "auc"
window = [0, 28]
ec50 = 150000.0                   # made up
slope = 1.0

[[endpoints]]
name = "CRS grade 3+"
kind = "toxicity"                 # grades: one ec50 for each, here grades 1, 2, 3, 4
exposure = "cmax"
window = [0, 28]
ec50 = [3000.0, 12000.0, 60000.0, 200000.0]   # made up
slope = 1.1
at_least = 3

[[endpoints]]
name = "persistence"
kind = "persistence"              # log-rank over the visits; kind = "positive" with day = 180: proportion still there
above = 100
'''
ESCALATION = '''# The search for a tolerated dose. Run it with:  livingdrug trial escalation.toml --plots figures
# EVERY NUMBER IS MADE UP, to show what can be said. For research, not for clinical decisions.
kind = "escalation"

rule = "boin"          # or "3+3", which knows no target, cohort or number of patients
target = 0.3           # wanted rate of dose-limiting toxicity
cohort = 3
patients = 30
start = 1              # number of the first level

# From exposure to dose-limiting toxicity, P = E^slope / (ec50^slope + E^slope).
toxicity = { exposure = "cmax", window = [0, 28], ec50 = 60000.0, slope = 1.5 }

# Exposure at a level: log-normal with a median (unit of ec50) and the SD of the logarithm; or through a model
# (model = "stein_2019" and variability = "variance" above; dose = ... or change = { c_max = 0.5 } in the level);
# or no exposure at all: rate = 0.1 is the probability of toxicity itself.
[[levels]]
name = "5e7"
median = 10000.0
log_sd = 0.8

[[levels]]
name = "1.5e8"
median = 20000.0
log_sd = 0.8

[[levels]]
name = "3e8"
median = 35000.0
log_sd = 0.8

[[levels]]
name = "4.5e8"
median = 60000.0
log_sd = 0.8
'''
