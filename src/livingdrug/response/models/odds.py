"""The likelihood of proportional odds, in time that grows with the number of subjects and no faster."""

import numpy as np

from livingdrug.response.models.likelihood import Objective

BLOCK = 8192  # subjects whose numbers stay near the processor


def odds_objective(columns: np.ndarray, rank: np.ndarray, cuts: int) -> Objective:
    """Log-likelihood of (intercepts, slopes), its gradient, and the observed information: sums over blocks of subjects.

    columns (n, k) of the slopes; rank (n,): position of each subject's grade among cuts + 1."""
    blocks = [slice(i, i + BLOCK) for i in range(0, len(rank), BLOCK)]
    parts = [_of_block(columns[block], rank[block], cuts) for block in blocks]

    def value(b):
        found = [part(b) for part in parts]
        if any(likelihood == -np.inf for likelihood, _, _ in found):
            return -np.inf, np.zeros(len(b)), np.eye(len(b))
        likelihoods, gradients, informations = zip(*found, strict=True)
        return float(np.sum(likelihoods)), np.sum(gradients, axis=0), np.sum(informations, axis=0)

    return value


def _of_block(columns: np.ndarray, rank: np.ndarray, cuts: int) -> Objective:
    """The same of one block.

    A subject's probability is p - q: p of the cut at its own grade (1 below all cuts), q of the next one (0
    above all). Only these two cuts' intercepts move it, so their sums are over subjects of a grade."""
    from scipy.special import expit

    def by_grade(weight):
        return np.bincount(rank, weight, cuts + 1)

    def value(b):
        eta = columns @ b[cuts:]
        p, q = expit(np.r_[np.inf, b[:cuts]][rank] + eta), expit(np.r_[b[:cuts], -np.inf][rank] + eta)
        mine = p - q
        if (mine <= 0).any():
            return -np.inf, np.zeros(len(b)), np.eye(len(b))
        up, down = p * (1 - p) / mine, q * (1 - q) / mine
        gradient = np.r_[by_grade(up)[1:] - by_grade(down)[:-1], columns.T @ (up - down)]
        own, following, both = up * (up - 1 + 2 * p), down * (down + 1 - 2 * q), up * down
        information = np.empty((len(b), len(b)))
        information[:cuts, :cuts] = np.diag(by_grade(own)[1:] + by_grade(following)[:-1])
        beside = np.arange(cuts - 1)
        information[beside, beside + 1] = information[beside + 1, beside] = -by_grade(both)[1:-1]
        for j, column in enumerate(columns.T, cuts):
            mixed = by_grade((own - both) * column)[1:] + by_grade((following - both) * column)[:-1]
            information[:cuts, j] = information[j, :cuts] = mixed
        weight = own + following - 2 * both
        information[cuts:, cuts:] = columns.T @ (columns * weight[:, None])
        return float(np.log(mine).sum()), gradient, information

    return value
