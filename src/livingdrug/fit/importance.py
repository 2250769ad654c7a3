"""-2 log likelihood by importance sampling, with its Monte-Carlo error and effective sample sizes.

Each subject's integral over eta is a mean of joint density over proposal density; the proposal is a
multivariate t with four degrees of freedom, so that its tails hold those of the integrand. It starts around
the mode, wide as the curvature there says, and is moved in a few trial rounds to the mean and covariance that
weighted draws have (kinks and censoring leave the mode a poor guide). Points are scrambled Sobol numbers in
several independent sets, whose SD is the error; each subject turns them by its own random shift, so that
errors of subjects do not add up.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from livingdrug.core.draws import effective, effective_of, log_normal, normalised, scaled
from livingdrug.core.random import stream_key, uniforms
from livingdrug.engine import side_by_side
from livingdrug.fit.at_draws import Predicted, predicted
from livingdrug.fit.modes import Modes, find_modes, solved
from livingdrug.fit.objective import at_modes, check_parts, made
from livingdrug.fit.point import Point, Prepared, centre, moments, with_etas
from livingdrug.fit.result import Objective

FREEDOM = 4.0
SETS = 16
SMALL = 200_000  # numbers of a set of draws that many of them are kept of
FLAT = 1e-12  # smallest eigenvalue of a correlation of draws that do not lie in a plane
FEW = 50  # effective draws of a subject below which a caution is said
SOUND = 200  # effective draws of every subject that a likelihood and its slopes should rest on
# effective draws of a trial round, for each random parameter, below which proposals begin anew at the modes
LOST = 4
ROUNDS, TRIALS = 4, 512  # trial rounds and draws in each


@dataclass(frozen=True)
class Proposal:
    """Where draws of each subject at a point come from: a t around middle (n, random), factor (n, random,
    random) times wide; near: etas from which a search for the modes there begins."""

    middle: np.ndarray
    factor: np.ndarray
    prepared: Prepared
    point: Point
    near: np.ndarray

    @cached_property
    def modes(self) -> Modes:
        """Modes at the point; draws do not need them, so they are looked for where they are asked for."""
        return find_modes(self.prepared, self.point, self.near)

    @cached_property
    def follow(self) -> np.ndarray:
        """How the individual effects that fit best move with each parameter without variability (n, random,
        such parameters), by Gauss and Newton.

        Draws move along: any such change of variables leaves likelihood and slopes as they are, and this one
        leaves the draws worth the most.
        """
        prepared, point, random = self.prepared, self.point, self.prepared.random
        still = prepared.still
        found = moments(prepared, point, with_etas(prepared, centre(prepared, point), self.middle)).curve
        bend = found[:, random[:, None], random] + np.linalg.inv(point.omega)
        follow = np.zeros((*self.middle.shape, len(still)))
        for k, parameter in enumerate(still):
            follow[:, :, k] = -solved(bend, found[:, random, parameter])
        return follow

    def of(self, places: np.ndarray, prepared: Prepared) -> "Proposal":
        """Those of some of the subjects, whose records are prepared."""
        return Proposal(self.middle[places], self.factor[places], prepared, self.point, self.near[places])

    def shift(self, point: Point) -> np.ndarray | None:
        """How far the effects of each subject move with the parameters without variability (n, random);
        None for not at all."""
        still = self.prepared.still
        if not len(still) or not len(self.prepared.random):
            return None
        off = centre(self.prepared, point)[:, still] - centre(self.prepared, self.point)[:, still]
        return (self.follow @ off[..., None])[..., 0] if off.any() else None


def importance(
    prepared: Prepared, point: Point, draws: int = 4096, seed: int = 1, start: np.ndarray | None = None,
    proposal: Proposal | None = None, others: "Hard | None" = None,
) -> Objective:  # fmt: skip
    """-2LL at a point; draws: for each subject, rounded up to SETS powers of two. start: of the search for
    modes; or a proposal that has been made; others: draws of subjects for whom it is no guide."""
    proposal = proposal or propose(prepared, point, seed, start)
    modes = proposal.modes
    if not len(prepared.random):
        return made(prepared, "is", 2 * modes.height, etas=modes.etas, converged=modes.converged, se=0.0,
                    ess=np.full(prepared.n, np.inf))  # fmt: skip
    each = 1 << max(int(np.ceil(np.log2(max(draws, SETS) / SETS))), 0)

    def weighted(s: int) -> np.ndarray:
        return weights(prepared, point, drawn(prepared, point, proposal, each, seed, s))

    logs = np.concatenate(side_by_side(weighted, range(SETS)), axis=1)
    means = scaled(logs).reshape(prepared.n, SETS, each).mean(axis=2)
    top, worth = logs.max(axis=1), worth_of(logs)
    if others is not None:
        k = others.places
        logs = weights(others.draws.proposal.prepared, point, others.draws)
        means[k] = scaled(logs).reshape(len(k), SETS, -1).mean(axis=2)
        top[k], worth[k] = logs.max(axis=1), worth_of(logs)
    mean = means.mean(axis=1)
    parts = -2 * (np.log(mean) + top)
    # the error of the sum of logarithms, subjects together: they share the scrambled points
    off = (means / mean[:, None] - 1).sum(axis=0)
    se = float(2 * np.std(off, ddof=1) / np.sqrt(SETS))
    return made(prepared, "is", parts, etas=modes.etas, converged=modes.converged, se=se, ess=worth)


def few_draws(subjects: tuple[str, ...], found: Objective) -> tuple[str, ...]:
    """A caution where draws of a subject are worth too few for the stated Monte-Carlo error to be believed.

    Parameters
    ----------
    subjects : tuple of str
        Names of the subjects, in the order of the likelihood's parts.
    found : Objective
        A sampled likelihood.

    Returns
    -------
    tuple of str
    """
    if found.ess is None or not (found.ess < FEW).any():
        return ()
    low = np.flatnonzero(found.ess < FEW)
    shown = ", ".join(subjects[i] for i in low[:5]) + (", ..." if len(low) > 5 else "")
    return (
        f"the draws of {len(low)} subject(s) are worth fewer than {FEW} independent ones (least "
        f"{found.ess.min():.0f}), so that -2 log likelihood may be off by more than its Monte-Carlo error: "
        f"{shown}",
    )


def propose(
    prepared: Prepared,
    point: Point,
    seed: int,
    start: np.ndarray | None = None,
    before: Proposal | None = None,
    enough: float = np.inf,
) -> Proposal:
    """Proposals fitted to each subject's density of eta; before: those of a point nearby, which one round
    brings over; enough: effective draws of every subject in a trial round after which there is no other."""
    if before is not None:
        moved, worth = _moved(_carried(before, point), seed, 0)
        if (worth >= LOST * len(prepared.random)).all():
            return moved
        start = moved.middle
    modes = find_modes(prepared, point, start)
    parts = at_modes(prepared, point, modes, "focei")
    if start is None:
        check_parts(prepared, parts)
    proposal = _around(prepared, point, modes, np.isfinite(parts))
    for k in range(ROUNDS if len(prepared.random) else 0):
        proposal, worth = _moved(proposal, seed, k)
        if (worth >= enough).all():
            break
    return proposal


def _around(prepared: Prepared, point: Point, modes: Modes, sound: np.ndarray) -> Proposal:
    """Proposals at the modes, as wide as the curvature there says; those of a subject that has no such
    mode, as may be where a search or a profile passes, are the population."""
    bend = np.where(sound[:, None, None], modes.gauss_newton(prepared.random), np.linalg.inv(point.omega))
    factor = np.linalg.inv(np.linalg.cholesky(bend)).transpose(0, 2, 1)
    middle = np.where(sound[:, None], modes.etas, 0.0)
    return Proposal(middle, factor, prepared, point, middle)


def _carried(before: Proposal, point: Point) -> Proposal:
    """Proposals of a point nearby at another one, which go along with what acts on predictions."""
    shift = before.shift(point)
    if shift is None:
        return replace(before, point=point)
    return replace(before, point=point, middle=before.middle + shift, near=before.near + shift)


def _moved(before: Proposal, seed: int, k: int) -> tuple[Proposal, np.ndarray]:
    """(proposals with mean and Cholesky factor of the weighted draws of a trial round, effective draws of
    each subject in it); little is believed of few effective draws."""
    prepared, point = before.prepared, before.point
    draws = drawn(prepared, point, before, TRIALS, seed, f"trial {k}")
    etas, found = draws.at(prepared, point)
    logs = weighed(point, etas, found.likelihood(point), draws)
    weight, size = normalised(logs), etas.shape[2]
    ess = effective_of(weight)
    trust = np.clip((ess - 2 * size) / (10 * size), 0.0, 1.0)
    mean = np.einsum("nc,nci->ni", weight, etas)
    off = etas - mean[:, None]
    covariance = (weight[..., None] * off).transpose(0, 2, 1) @ off
    old = before.factor @ before.factor.transpose(0, 2, 1)
    mixed = trust[:, None, None] * covariance + (1 - trust)[:, None, None] * old
    mixed = mixed + 1e-9 * old
    # where no draw of a subject has a finite weight, or its draws lie in a plane, it stays where it was
    sd = np.sqrt(np.einsum("nii->ni", mixed))
    sound = np.isfinite(mixed).all(axis=(1, 2)) & (sd > 0).all(axis=1)
    scaled = np.where(sound[:, None, None], mixed / (sd[:, :, None] * sd[:, None]), np.eye(size))
    sound &= np.linalg.eigvalsh(scaled)[:, 0] > FLAT
    middle = np.where((sound & (trust > 0))[:, None], mean, before.middle)
    factor = before.factor.copy()
    factor[sound] = np.linalg.cholesky(mixed[sound])
    return replace(before, middle=middle, factor=factor), ess


def worth_of(logs: np.ndarray) -> np.ndarray:
    """Effective draws of each subject (n,), from the logarithms of weights (n, draws)."""
    return effective(scaled(logs))


def _standard(seed: int, which: int | str, count: int, size: int, places: tuple[int, ...]) -> np.ndarray:
    """Draws of a standard t in `size` dimensions, (places, count, size): one scrambled Sobol set, shifted for
    each subject, whose place in the data says how far."""
    few = len(places) * count * size < SMALL
    return (_few_standard if few else _many_standard)(seed, which, count, size, places)


def _made_standard(seed: int, which: int | str, count: int, size: int, places: tuple[int, ...]) -> np.ndarray:
    from scipy.special import ndtri

    cube = _points(seed, which, count, size + 2, places)
    # half a chi-square with four degrees of freedom is a sum of two exponentials
    chi = -2.0 * np.log(cube[..., size] * cube[..., size + 1])
    return ndtri(cube[..., :size]) * np.sqrt(FREEDOM / chi)[..., None]


# a climb asks for the same ones at every point
_few_standard = lru_cache(maxsize=64)(_made_standard)
_many_standard = lru_cache(maxsize=4)(_made_standard)


def _points(seed: int, which: int | str, count: int, size: int, places: tuple[int, ...]) -> np.ndarray:
    """Points in the unit cube, (places, count, size): one scrambled set, shifted for each subject."""
    from scipy.stats import qmc

    key = stream_key(seed, f"importance {which}")[0]
    base = qmc.Sobol(size, scramble=True, rng=np.random.default_rng(key)).random(count)
    n = max(places, default=-1) + 1
    shift = uniforms(seed, f"importance shift {which}", 0, n * size).reshape(n, 1, size)[list(places)]
    moved = (base[None] + shift) % 1.0
    return np.clip(moved, 2.0**-53, 1 - 2.0**-53)


class Hard(NamedTuple):
    """Draws of some subjects, at these places among all, around particles that find their way to what the
    data of each allow: for those whose proposal is no guide to it."""

    places: np.ndarray
    draws: "Draws"


@dataclass(frozen=True)
class Draws:
    """Individual parameters of each subject, drawn from proposals; they stay where the population's numbers
    move, but follow parameters without variability (see `Proposal.follow`).

    random (n, draws, random): those with between-subject variability, on their scales; density (n, draws): ln
    of the proposal's; found: predictions at the point of the proposal.
    """

    random: np.ndarray
    density: np.ndarray
    proposal: Proposal
    found: Predicted

    def at(self, prepared: Prepared, point: Point) -> tuple[np.ndarray, Predicted]:
        """(the effects that they are at a point (n, draws, random), predictions there, made anew only
        where a parameter without variability has moved)."""
        middle, still = centre(prepared, point), self.proposal.prepared.still
        off, shift = middle[:, prepared.random], self.proposal.shift(point)
        etas = self.random - (off if shift is None else off - shift)[:, None]
        before = centre(self.proposal.prepared, self.proposal.point)
        if shift is None and np.array_equal(middle[:, still], before[:, still]):
            return etas, self.found
        return etas, predicted(prepared, point, etas)

    def etas(self, prepared: Prepared, point: Point) -> np.ndarray:
        """The effects that they are at a point, (n, draws, random)."""
        return self.at(prepared, point)[0]


def drawn(
    prepared: Prepared,
    point: Point,
    proposal: Proposal,
    count: int,
    seed: int,
    which: int | str,
    places: np.ndarray | None = None,
) -> Draws:
    """Draws from the proposals of a point; places: of the subjects among those of the data, where they are
    some of them."""
    from scipy.special import gammaln

    n, size = proposal.middle.shape
    z = _standard(seed, which, count, size, tuple(range(n)) if places is None else tuple(places.tolist()))
    etas = proposal.middle[:, None] + z @ proposal.factor.transpose(0, 2, 1)
    half = 0.5 * (FREEDOM + size)
    density = gammaln(half) - gammaln(0.5 * FREEDOM) - 0.5 * size * np.log(FREEDOM * np.pi)
    density = (
        density
        - np.linalg.slogdet(proposal.factor)[1][:, None]
        - half * np.log1p((z**2).sum(axis=2) / FREEDOM)
    )
    random = etas + centre(prepared, point)[:, None, prepared.random]
    return Draws(random, density, proposal, predicted(prepared, point, etas))


def weights(prepared: Prepared, point: Point, draws: Draws) -> np.ndarray:
    """ln (joint density at a point / proposal density) of each draw, (n, draws)."""
    etas, found = draws.at(prepared, point)
    return weighed(point, etas, found.likelihood(point), draws)


def weighed(point: Point, etas: np.ndarray, likelihood: np.ndarray, draws: Draws) -> np.ndarray:
    """The same from effects (n, draws, random) and log-likelihood of the data (n, draws)."""
    return likelihood + log_normal(etas, point.omega) - draws.density
