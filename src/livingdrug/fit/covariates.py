"""Covariates of subjects: where they stand in the data, which are missing, and how they change with time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import Changes, Data
from livingdrug.data.cells import is_missing as is_missing_text

WEIGHT = ("weight", "body_weight", "wt")


def covariate(data: Data, name: str) -> np.ndarray | None:
    """Texts (or numbers) of a covariate of each subject, None where the data have none of this name."""
    if name.lower() in WEIGHT and np.isfinite(data.weight).any():
        return data.weight
    if name.lower() == "dose" and np.isfinite(data.profiles.dose).any():
        dose = np.full(len(data.subjects), np.nan)
        dose[data.profiles.subject[::-1]] = data.profiles.dose[::-1]
        return dose
    named = {key.lower(): key for key in data.covariates}
    return data.covariates[named[name.lower()]] if name.lower() in named else None


def changes_of(data: Data, name: str) -> "Changing | None":
    """How a covariate changes within subjects, None where it does not (or is not there)."""
    wanted = "wt" if name.lower() in WEIGHT else name.lower()
    found = next((c for key, c in data.changing.items() if key.lower() == wanted), None)
    return None if found is None else Changing(found, len(data.subjects))


def first_texts(data: Data, name: str) -> np.ndarray | None:
    """Text of each subject, the first one where it changes; None where the data have no such covariate."""
    found, changing = covariate(data, name), changes_of(data, name)
    if found is not None or changing is None:
        return found
    return changing.courses(np.zeros(len(data.subjects)), np.inf).texts[:, 0]


def known_covariates(data: Data) -> list[str]:
    """Names that an effect can use."""
    return [*data.covariates, *data.changing, *(["WT"] if np.isfinite(data.weight).any() else [])]


def is_missing(text) -> bool:
    """Whether a cell says nothing."""
    return is_missing_text(str(text))


def as_number(text) -> float:
    """A cell as a number, nan where it holds none."""
    try:
        return float(text)
    except ValueError:
        return np.nan


def level_of(text) -> str:
    """A cell as a level of a category."""
    return str(text).strip()


def completed(
    data: Data, name: str, texts: np.ndarray, present: np.ndarray, rule: str, notes: list[str]
) -> np.ndarray:
    """The texts with the median (of words: the most frequent one) where a subject in the fit has none, if
    the rule is `median`; every such subject is named in a note."""
    lost = [i for i in present.tolist() if is_missing(texts[i])]
    if not lost or rule != "median":
        return texts
    seen = [texts[i] for i in present.tolist() if not is_missing(texts[i])]
    numbers = [as_number(t) for t in seen]
    if not seen:
        raise InputError(f"covariate `{name}` is missing in all subjects; leave it out")
    if np.isfinite(numbers).all():
        value, what = repr(float(np.median(numbers))), "the median"
    else:
        words, counts = np.unique([level_of(t) for t in seen], return_counts=True)
        value, what = str(words[np.argmax(counts)]), "the most frequent level"
    full = np.array([str(t) for t in texts], dtype=object)
    full[lost] = value
    notes.append(
        f"covariate `{name}` is missing in {', '.join(data.subjects[i] for i in lost)}: taken as "
        f"{what}, {value}"
    )
    return full


def numbers_of(data: Data, name: str, texts: np.ndarray, subjects: np.ndarray, n: int) -> np.ndarray:
    """Numbers of these subjects among n, nan for the others. Raises InputError that names a subject without
    one."""
    found = np.full(n, np.nan)
    for i in subjects.tolist():
        found[i] = as_number(texts[i])
        if not np.isfinite(found[i]):
            given = "is missing" if is_missing(texts[i]) else f"is `{texts[i]}`"
            fix = "a number is needed; --missing says what else to do where it is empty"
            raise InputError(f"subject `{data.subjects[i]}`: covariate `{name}` {given}; {fix}")
    return found


@dataclass(frozen=True)
class Courses:
    """texts (subjects, values): "" after the last; times (subjects, values - 1): when each later value
    begins."""

    texts: np.ndarray
    times: np.ndarray
    subjects: int

    @property
    def most(self) -> int:
        """Changes at most in a subject."""
        return self.times.shape[1]

    def filled(self, read: Callable, nothing: float) -> tuple[np.ndarray, np.ndarray]:
        """(values as numbers, times); what has no value is `nothing`, later places repeat the last value."""
        values = np.array(
            [[read(t) if not is_missing(t) else np.nan for t in row] for row in self.texts], dtype=float
        )
        wrong = np.isnan(values) & np.array([[not is_missing(t) for t in row] for row in self.texts])
        if wrong.any():
            raise InputError(
                f"a covariate that changes holds `{self.texts[wrong][0]}`, which is no number; correct the "
                "cell"
            )
        values[:, 0] = np.where(np.isnan(values[:, 0]), nothing, values[:, 0])
        for k in range(1, values.shape[1]):
            values[:, k] = np.where(np.isnan(values[:, k]), values[:, k - 1], values[:, k])
        return values, self.times


@dataclass(frozen=True)
class Changing:
    """A covariate that changes in some subject; n: subjects of the data."""

    changes: Changes
    n: int

    def courses(self, start: np.ndarray, never: float) -> Courses:
        """Values carried forward on the clock that begins at `start` (subjects,): the first one holds from
        its start."""
        found: list[list[tuple[float, str]]] = [[] for _ in range(self.n)]
        c = self.changes
        for subject, time, text in zip(c.subject.tolist(), c.time.tolist(), c.text.tolist(), strict=True):
            own, at = found[subject], time - start[subject]
            if own and (at <= 0 or own[-1][0] == at):
                own[-1] = (own[-1][0], text)  # before the start, or at one time: the last row counts
            elif not own:
                own.append((0.0, text))
            elif own[-1][1] != text:
                own.append((at, text))
        most = max(len(own) for own in found)
        texts = np.full((self.n, max(most, 1)), "", dtype=object)
        times = np.full((self.n, max(most, 1) - 1), never)
        for i, own in enumerate(found):
            for k, (at, text) in enumerate(own):
                texts[i, k] = text
                if k:
                    times[i, k - 1] = at
        return Courses(texts, times, sum(len(own) > 1 for own in found))
