"""How much memory a run takes, before it is run: one estimate and one bound, for the command line and the
app."""

from livingdrug.core.errors import InputError
from livingdrug.workflows.document import Document

BOUND = 4.0  # GB; what a laptop has to spare
GB = 1e9
# bytes, rounded up. Beside each: what whole commands of two sizes took (bench/memory.py, resident memory), or
# that it is an
# estimate from the size of what is kept, which nobody has measured
ROW = 130  # of a table of curves, from the solver to the text; measured 121
OUTCOME = 16  # a subject's value of an endpoint in a replicate of a trial; measured 7
SUBJECT = 400  # a virtual subject whose exposure alone is kept; measured 86
PATIENT = 100  # a patient of a replicate of a dose escalation; measured 7
DRAW = 30_000  # a draw of a posterior with some 500 numbers, effects of subjects among them; an estimate
VECTOR = 5_000  # a resampled vector of parameters, and what is known of it; an estimate
SIMULATED = 120  # a simulated value of a predictive check; measured 108


def check_memory(
    scenario: Document, bound: float | None = None, raise_it: str = "--memory", to_file: bool = False
) -> None:
    """Refuse a run that would take too much memory.

    Parameters
    ----------
    scenario : Document
        Of any kind.
    bound : float, optional
        In GB; BOUND where none is given.
    raise_it : str, optional
        How its user raises the bound, "" where that cannot be.
    to_file : bool, optional
        Whether nothing but its table is kept, in a file.

    Raises
    ------
    InputError
        Of a run that would take more memory than the bound.
    """
    check_bytes(scenario.memory_to_file() if to_file else scenario.memory(), bound, raise_it)


def check_bytes(needed: float, bound: float | None = None, raise_it: str = "--memory") -> None:
    """Refuse a number of bytes above the bound.

    Parameters
    ----------
    needed : float
        In bytes.
    bound : float, optional
        In GB; BOUND where none is given.
    raise_it : str, optional
        How its user raises the bound, "" where that cannot be.
    """
    bound = BOUND if bound is None else bound
    if not 0 < bound < float("inf"):
        raise InputError(f"{raise_it} {bound:g}: a bound on memory is a number of GB above 0")
    if not needed <= bound * GB:  # not a number is too much as well
        more = (
            f", or raise the bound with {raise_it}, in GB, where this machine has as much" if raise_it else ""
        )
        raise InputError(
            f"this run would take about {_words(needed)} of memory, more than the bound of {bound:g} GB; ask "
            f"for fewer subjects, draws or replicates, fewer days or a longer step{more}"
        )


def _words(needed: float) -> str:
    gigabytes = needed / GB
    if not gigabytes < 1e6:
        return "1,000,000 GB or more"
    return f"{gigabytes:,.0f} GB" if gigabytes >= 10 else f"{gigabytes:.2g} GB"
