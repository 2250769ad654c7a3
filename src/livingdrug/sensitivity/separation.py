"""Which parameter separates one group of an ensemble's fits from the others: ROC areas, a tree of depth
two, principal components. Nothing is simulated: what is compared are the published vectors."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.models import Model


@dataclass(frozen=True)
class Split:
    """A question of a tree.

    Attributes
    ----------
    quantity : str
        The question: is the quantity above the threshold?
    threshold : float
        The question: is the quantity above the threshold?
    inside : tuple[int, int]
        Vectors of the group on both sides (not above, above).
    sizes : tuple[int, int]
        Vectors there.
    """

    quantity: str
    threshold: float
    inside: tuple[int, int]
    sizes: tuple[int, int]


@dataclass(frozen=True)
class Tree:
    """Questions that part the vectors of a group from others.

    Attributes
    ----------
    first : Split
        The first question.
    low, high : Split or None
        The second ones of those not above and above; None where a side is pure or nothing parts it.
    """

    first: Split
    low: Split | None
    high: Split | None


@dataclass(frozen=True, repr=False)
class Separation(Shown):
    """Quantities of one group of vectors against those of all others.

    Attributes
    ----------
    model, group : str
        The ensemble, and the population whose vectors are told apart.
    vectors : tuple of str
        Names of all vectors.
    inside : ndarray of bool, shape (vectors,)
        Whether a vector belongs to the group.
    quantities : tuple of str
        Those that differ between vectors, the one that separates best first.
    area : ndarray, shape (quantities,)
        Area under the ROC curve, 0.5 (nothing) to 1 (completely), whichever way round.
    higher : ndarray of bool, shape (quantities,)
        Whether the group has the higher values.
    medians : ndarray, shape (quantities, 2)
        Of the group, and of the others.
    tree : Tree
        Two questions one after another that part the groups best, each chosen by itself.
    left_out : float
        Fraction of vectors that a tree grown without them puts right.
    scores : ndarray, shape (vectors, 2)
        First two principal components of the standardised quantities (logarithms where all are positive).
    explained : ndarray, shape (2,)
        Fractions of the variance that these carry.
    """

    model: str
    group: str
    vectors: tuple[str, ...]
    inside: np.ndarray
    quantities: tuple[str, ...]
    area: np.ndarray
    higher: np.ndarray
    medians: np.ndarray
    tree: Tree
    left_out: float
    scores: np.ndarray
    explained: np.ndarray

    def table(self):
        """A row for each quantity."""
        import pandas as pd

        return pd.DataFrame({
            "quantity": self.quantities, "roc_area": self.area, "higher_in_group": self.higher,
            "median_group": self.medians[:, 0], "median_others": self.medians[:, 1],
        })  # fmt: skip

    def _frame(self):
        return self.table()


def separate(model: Model, group: str) -> Separation:
    """Compare the vectors of one population of an ensemble with all its other vectors.

    Parameters
    ----------
    model : Model
        With several vectors, and populations that are made of some of them.
    group : str
        Name of such a population.

    Raises
    ------
    InputError
        For a model without such populations, an unknown name, and a group of one vector or of all.
    """
    values, vectors, inside = _vectors(model, group)
    names = [n for n in values if np.ptp(values[n]) > 0]
    x = np.column_stack([values[n] for n in names])
    signed = np.array([_area(column[inside], column[~inside]) for column in x.T])
    area = np.maximum(signed, 1 - signed)
    order = np.argsort(-area, kind="stable")
    names, x = [names[k] for k in order], x[:, order]
    scores, explained = _components(x)
    return Separation(
        model=model.full_name,
        group=group,
        vectors=vectors,
        inside=inside,
        quantities=tuple(names),
        area=area[order],
        higher=signed[order] > 0.5,
        medians=np.column_stack([np.median(x[inside], axis=0), np.median(x[~inside], axis=0)]),
        tree=_tree(x, inside, names),
        left_out=_left_out(x, inside, names),
        scores=scores,
        explained=explained,
    )


def _vectors(model: Model, group: str) -> tuple[dict[str, np.ndarray], tuple[str, ...], np.ndarray]:
    """Values of all vectors, their names, and which belong to the group."""
    groups = {p.name: set(p.members) for p in model.populations if p.members}
    if not groups:
        raise InputError(
            f"`{model.full_name}` has no groups of vectors to separate; an ensemble has, such as "
            "kirouac_2023_ensemble"
        )
    if group not in groups:
        raise InputError(f"`{model.full_name}`: " + unknown("group of vectors", group, list(groups)))
    vectors = tuple(v.name for v in model.values)
    inside = np.array([name in groups[group] for name in vectors])
    if min(inside.sum(), (~inside).sum()) < 2:
        raise InputError(
            f"`{group}` holds {inside.sum()} of the {len(vectors)} vectors of `{model.full_name}`; at least "
            "two are needed in the group and outside of it"
        )
    names = [q.name for q in model.quantities if all(q.name in v.values for v in model.values)]
    return {n: np.array([v.values[n] for v in model.values], float) for n in names}, vectors, inside


def _area(one: np.ndarray, other: np.ndarray) -> float:
    """Probability that a value of `one` is above one of `other`; ties count half."""
    return float((one[:, None] > other).mean() + 0.5 * (one[:, None] == other).mean())


def _best(x: np.ndarray, inside: np.ndarray, names: list[str]) -> Split | None:
    """The split with the lowest Gini impurity; the first quantity in order where several are as good."""
    best, lowest = None, np.inf
    if inside.all() or not inside.any():
        return None
    for k, name in enumerate(names):
        levels = np.unique(x[:, k])
        for threshold in (levels[:-1] + levels[1:]) / 2:
            above = x[:, k] > threshold
            sizes = int((~above).sum()), int(above.sum())
            own = int(inside[~above].sum()), int(inside[above].sum())
            impurity = sum(o * (1 - o / s) for o, s in zip(own, sizes, strict=True))
            if impurity < lowest - 1e-12:
                best, lowest = Split(name, float(threshold), own, sizes), impurity
    return best


def _tree(x: np.ndarray, inside: np.ndarray, names: list[str]) -> Tree:
    first = _best(x, inside, names)
    if first is None:
        raise InputError("the vectors do not differ: nothing separates them")
    above = x[:, names.index(first.quantity)] > first.threshold
    return Tree(first, _best(x[~above], inside[~above], names), _best(x[above], inside[above], names))


def _put(tree: Tree, row: np.ndarray, names: list[str]) -> bool:
    """Whether a tree puts a vector into the group."""
    split, above = tree.first, bool(row[names.index(tree.first.quantity)] > tree.first.threshold)
    second = tree.high if above else tree.low
    if second is not None:
        split, above = second, bool(row[names.index(second.quantity)] > second.threshold)
    own, size = split.inside[above], split.sizes[above]
    return own > size - own


def _left_out(x: np.ndarray, inside: np.ndarray, names: list[str]) -> float:
    """Leave one out: each vector put by the tree of all others."""
    right = 0
    for i in range(len(x)):
        rest = np.arange(len(x)) != i
        right += _put(_tree(x[rest], inside[rest], names), x[i], names) == inside[i]
    return right / len(x)


def _components(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First two principal components; logarithms of quantities that are positive throughout."""
    y = np.where((x > 0).all(axis=0), np.log(np.where(x > 0, x, 1.0)), x)
    y = (y - y.mean(axis=0)) / y.std(axis=0)
    left, sizes, _ = np.linalg.svd(y, full_matrices=False)
    return left[:, :2] * sizes[:2], (sizes**2 / (sizes**2).sum())[:2]


def rules(tree: Tree, group: str) -> list[tuple[str, int, int]]:
    """Rows (condition, vectors of the group, vectors) of the ends of a tree.

    Parameters
    ----------
    tree : Tree
        Of questions.
    group : str
        Its name.

    Returns
    -------
    list[tuple[str, int, int]]
    """

    def ends(split: Split | None, before: str, own: int, size: int) -> list[tuple[str, int, int]]:
        if split is None:
            return [(before, own, size)]
        words = (
            f"{split.quantity} at most {split.threshold:.3g}",
            f"{split.quantity} above {split.threshold:.3g}",
        )
        return [(f"{before} and {word}", split.inside[k], split.sizes[k]) for k, word in enumerate(words)]

    first = tree.first
    low = ends(tree.low, f"{first.quantity} at most {first.threshold:.3g}", first.inside[0], first.sizes[0])
    return low + ends(
        tree.high, f"{first.quantity} above {first.threshold:.3g}", first.inside[1], first.sizes[1]
    )


def separation_sentences(found: Separation) -> list[str]:
    """What separates the group, how well, and what that is worth.

    Parameters
    ----------
    found : Separation
        See `separate`.

    Returns
    -------
    sequence of str
    """
    top = [
        f"{found.quantities[k]} ({'higher' if found.higher[k] else 'lower'} in {found.group}, area under the "
        f"ROC curve {found.area[k]:.2f})"
        for k in range(min(3, len(found.quantities)))
    ]
    ends = rules(found.tree, found.group)
    wrong = sum(min(own, size - own) for _, own, size in ends)
    return [
        f"{found.group} is separated from the other vectors best by {', '.join(top)}.",
        f"A tree of depth two, beginning with {found.tree.first.quantity}, puts "
        f"{len(found.vectors) - wrong} of {len(found.vectors)} vectors right, and {found.left_out:.0%} of "
        "those left out of its growing.",
        f"Two principal components carry {found.explained.sum():.0%} of the variance of "
        f"{len(found.quantities)} quantities.",
        "Fits of one mean curve are no sample of patients, so no test is given: what separates fits need "
        "not separate patients.",
    ]
