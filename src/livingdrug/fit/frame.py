"""Where the numbers of a sampler stand: on axes along which a posterior is as round, and as little bent, as
can be told.

A sampler takes as many steps as the longest axis of a distribution has of its shortest. Its numbers are u,
for the estimated numbers theta = theta0 + A u, and w, for the individual effects of each subject,

    v_k = sqrt(g_k / q_k) (v0 + D (theta - theta0))_k + (F w)_k,    eta = L z,    Omega = L L',
    z_k = v_k / sqrt(q_k),    q_k = 1 - part_k + part_k g_k,    g_k = (omega_k / omega0_k)^2

v lies between z (effects of which a subject's data say little, part 0) and eta (much, part 1), so that what
the data hold in place is not moved by another omega (Papaspiliopoulos, Roberts & Skold 2007, Stat Sci
22:59-73; Gorinova, Moore & Hoffman 2020, ICML, PMLR 119:3648-3657). The two roots are how the width of a
normal eta with normal data, and its mean, go with omega, part being the share of the variance omega0^2 that
the data take away: so w is as wide under every omega, down to none. v0 and F are mean and factor of the
covariance of a subject's v given theta0, D says how that mean moves with theta besides, and A A' is the
inverse of the information on theta. All stem from importance-weighted draws at theta0.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.fit.importance import drawn, propose
from livingdrug.fit.information import Weighted, weighted_at
from livingdrug.fit.point import Point, Prepared, centre
from livingdrug.fit.priors import Prior, log_prior
from livingdrug.fit.unknowns import Unknowns

STEP = 1e-5  # of central differences
DRAWS = 1024  # of each subject
LEAST = 0.05  # of the scaled information: directions of which less is known count as if that were


@dataclass(frozen=True)
class Frame:
    """theta (p,): the estimated numbers at the origin, those of `base`; axes (p, p): A; middle (n,
    random): v0; shift (n, random, p): D; factor (n, random, random): F, lower; part (n, random)."""

    base: Point
    theta: np.ndarray
    axes: np.ndarray
    middle: np.ndarray
    shift: np.ndarray
    factor: np.ndarray
    part: np.ndarray

    def growth(self, omega: np.ndarray) -> np.ndarray:
        """Variances of Omega over those at the origin (random,)."""
        return omega.diagonal() / self.base.omega.diagonal()


def frame_of(
    prepared: Prepared, unknowns: Unknowns, base: Point, priors: tuple[Prior, ...], seed: int = 1
) -> Frame:
    """The frame at a point, the nearer to the top of the likelihood the better. Raises InputError where
    the likelihood of a subject has no finite mode."""
    theta, proposal = unknowns.vector(base), propose(prepared, base, seed)
    sampled = weighted_at(
        prepared, unknowns, base, drawn(prepared, base, proposal, DRAWS, seed, "frame")
    ).weighted()
    variance = np.einsum("nij,nij->ni", proposal.factor, proposal.factor)
    part = np.clip(1 - variance / np.diag(base.omega), 0.0, 1.0)
    phi = centre(prepared, base)[:, prepared.random] + proposal.middle

    def v_of(moved: np.ndarray) -> np.ndarray:
        """Of individual parameters phi that stay where they are."""
        point = unknowns.point(moved, base)
        etas = phi - centre(prepared, point)[:, prepared.random]
        z = np.linalg.solve(root_of(point.omega), etas.T).T
        return z * np.sqrt(1 - part + part * np.diag(point.omega) / np.diag(base.omega))

    steps = STEP * np.eye(len(theta))
    sides = [v_of(theta + step) - v_of(theta - step) for step in steps]
    to_v = np.linalg.inv(root_of(base.omega))
    shift = np.stack(sides, axis=2) / (2 * STEP) + np.einsum("rs,nsp->nrp", to_v, _shift(sampled))
    middle, first = v_of(theta), len(unknowns.mu) + len(unknowns.beta)
    for k, r in enumerate(unknowns.variability, start=first):
        shift[:, r, k] -= middle[:, r] * (1 - part[:, r])  # what the root of g / q says already
    axes = _axes(sampled.information().matrix + _prior_information(priors, unknowns, theta))
    return Frame(base, theta, axes, middle, shift, to_v @ proposal.factor, part)


def root_of(omega: np.ndarray) -> np.ndarray:
    """Lower Cholesky factor. Raises LinAlgError where Omega is not positive definite."""
    return np.linalg.cholesky(omega) if len(omega) else omega


def _shift(sampled: Weighted) -> np.ndarray:
    """d E[phi | data, theta] / d theta (n, random, p): the covariance of phi with the slope of the joint
    log density."""
    _, off = sampled.centred()
    mean = np.einsum("nc,ncr->nr", sampled.weight, sampled.etas)
    return (sampled.weight[..., None] * (sampled.etas - mean[:, None])).transpose(0, 2, 1) @ off


def _prior_information(priors: tuple[Prior, ...], unknowns: Unknowns, theta: np.ndarray) -> np.ndarray:
    """-d2 log prior / d theta2; priors are independent."""
    up, down = (log_prior(priors, unknowns, theta + side * STEP)[1] for side in (1, -1))
    return np.diag((down - up) / (2 * STEP))


def _axes(information: np.ndarray) -> np.ndarray:
    """A lower A with A A' the inverse of the information, made positive definite where it is not."""
    scale = np.sqrt(np.abs(np.diag(information))) + 1e-8
    values, vectors = np.linalg.eigh(information / scale[:, None] / scale)
    widths = vectors / np.sqrt(np.maximum(np.abs(values), LEAST)) / scale[:, None]
    return np.linalg.cholesky(widths @ widths.T)
