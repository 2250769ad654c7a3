"""The different texts of a column."""

import numpy as np

MANY = 20_000  # texts from which on pandas is faster, its loading (a third of a second) included


def distinct(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(which of the different texts each one is, (n,); the different texts in the order in which they come first)."""
    if len(texts) < MANY:
        each = texts.tolist()
        place = {text: i for i, text in enumerate(dict.fromkeys(each))}
        unique = np.empty(len(place), dtype=object)
        unique[:] = list(place)
        return np.array([place[text] for text in each], dtype=np.intp), unique
    import pandas as pd

    codes, unique = pd.factorize(texts)
    return codes, np.asarray(unique)
