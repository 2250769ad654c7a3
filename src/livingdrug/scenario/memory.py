"""How much memory a run takes, before it is run: one estimate and one bound, for the command line and the app."""

from livingdrug.core.errors import InputError
from livingdrug.scenario.purpose import Document

BOUND = 4.0  # GB; what a laptop has to spare
GB = 1e9
# bytes, measured as the growth of the resident memory of whole commands, and rounded up
ROW = 130  # of a table of curves, from the solver to the text
OUTCOME = 16  # a subject's value of an endpoint in a replicate of a trial
DRAW = 30_000  # a draw of a posterior with some 500 numbers, effects of subjects among them
VECTOR = 5_000  # a resampled vector of parameters, and what is known of it
SUBJECT = 400  # a virtual subject whose exposure alone is kept
SIMULATED = 40  # a simulated value of a predictive check
PATIENT = 100  # a patient of a replicate of a dose escalation


def memory_needed(scenario: Document) -> float:
    """Bytes that a run takes beside what every run takes (some 300 MB); rough, and rather too much than too little.

    Raises what the scenario raises where its model or horizon cannot be.
    """
    match scenario.kind:
        case "simulate":
            return _curves(scenario)
        case "trial":
            subjects, smallest = sum(arm.n for arm in scenario.arms), min((arm.n for arm in scenario.arms), default=1)
            largest = subjects * max(scenario.sizes, default=0) / max(smallest, 1)
            return OUTCOME * scenario.replicates * (2 * subjects * len(scenario.endpoints) + largest)
        case "escalation":
            return PATIENT * scenario.replicates * max(scenario.patients, scenario.cohort * len(scenario.levels))
        case "fit":
            draws = scenario.chains * (scenario.tune + scenario.draws) if scenario.method == "bayes" else 0
            return DRAW * draws + VECTOR * (scenario.bootstrap + 10 * scenario.sir)
        case "index":
            return SUBJECT * scenario.subjects
    return 0.0


def _curves(scenario) -> float:
    from livingdrug.scenario.simulation import build_model
    from livingdrug.simulation.population import MAX_SUBJECTS
    from livingdrug.simulation.run import check_horizon, default_until

    if scenario.exposure is not None:
        return 0.0  # goes by in blocks
    model = build_model(scenario.model, scenario.fragments)
    hours = 24.0 if model.time_unit == "h" else 1.0
    until = default_until(model) if scenario.days is None else scenario.days * hours
    if not scenario.every > 0 or (scenario.subjects or 1) > MAX_SUBJECTS:
        return 0.0  # refused by the run, in its own words
    check_horizon(model, until)
    outputs = len(scenario.outputs) or len(model.system.outputs)
    return ROW * max(scenario.subjects or 1, 1) * (until / scenario.every + 2) * outputs


def check_memory(scenario: Document, bound: float | None = None, raise_it: str = "--memory") -> None:
    """Refuse a run that would take more memory than the bound (GB; BOUND where none is given). raise_it: how its user raises
    the bound, "" where that cannot be."""
    check_bytes(memory_needed(scenario), bound, raise_it)


def check_bytes(needed: float, bound: float | None = None, raise_it: str = "--memory") -> None:
    """The same for a number of bytes."""
    bound = BOUND if bound is None else bound
    if not 0 < bound < float("inf"):
        raise InputError(f"{raise_it} {bound:g}: a bound on memory is a number of GB above 0")
    if not needed <= bound * GB:  # not a number is too much as well
        more = f", or raise the bound with {raise_it}, in GB, where this machine has as much" if raise_it else ""
        raise InputError(
            f"this run would take about {_words(needed)} of memory, more than the bound of {bound:g} GB; ask for fewer "
            f"subjects, draws or replicates, fewer days or a longer step{more}"
        )


def _words(needed: float) -> str:
    gigabytes = needed / GB
    if not gigabytes < 1e6:
        return "1,000,000 GB or more"
    return f"{gigabytes:,.0f} GB" if gigabytes >= 10 else f"{gigabytes:.2g} GB"
