"""Whether a virtual subject can be a patient: its levels against their bounds, its values against the
model's cautions."""

from collections.abc import Mapping, Sequence

import numpy as np

from livingdrug.core.status import OK, UNPHYSICAL
from livingdrug.models import Bound


def judged(
    status: Sequence[str],
    reasons: Sequence[str],
    bounds: Sequence[Bound],
    peaks: np.ndarray,
    units: Mapping[str, str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Status and reason of every subject; `unphysical` where one was computed and a level of it is beyond its
    bound.

    peaks (subjects, bounds): highest levels of the whole run; units: of the outputs.
    """
    found, why = list(status), list(reasons)
    most = np.array([bound.most for bound in bounds])
    for i in np.flatnonzero((peaks > most).any(axis=1)).tolist():
        if found[i] == OK:
            j = int(np.argmax(peaks[i] / most))
            found[i], why[i] = UNPHYSICAL, _beyond(bounds[j], units[bounds[j].output], peaks[i, j])
    return tuple(found), tuple(why)


def _beyond(bound: Bound, unit: str, peak: float) -> str:
    what = f", {bound.meaning}" if bound.meaning else ""
    return f"{bound.output} reaches {peak:.3g} {unit}, above {bound.most:,.6g} {unit}{what} ({bound.source.citation})"


def caution_words(model: str, messages: Sequence[str], counts: Sequence[int], n: int) -> tuple[str, ...]:
    """A sentence for each caution that is true of a subject; of several subjects, of how many.

    Parameters
    ----------
    model : str
        Its name.
    messages : sequence of str
        What each caution says.
    counts : sequence of int
        Of how many subjects each is true.
    n : int
        Of so many.

    Returns
    -------
    tuple of str
    """
    return tuple(
        f"`{model}`: {message}" + (f" (in {count:,} of {n:,} subjects)" if n > 1 else "")
        for message, count in zip(messages, counts, strict=True)
        if count
    )


def fates(status: Sequence[str]) -> tuple[int, int]:
    """(how many subjects were not computed, how many are unphysical).

    Parameters
    ----------
    status : sequence of str
        Of each subject.

    Returns
    -------
    tuple[int, int]
    """
    unphysical = sum(word == UNPHYSICAL for word in status)
    return sum(word != OK for word in status) - unphysical, unphysical
