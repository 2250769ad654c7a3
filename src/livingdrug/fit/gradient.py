"""Gradient of the FOCEI and Laplace objectives by the estimated numbers, each subject's mode moving along.

With g the -log joint density at the mode, C the curvature of the data (Gauss-Newton for FOCEI, exact for
Laplace), P the inverse of Omega and H = C + P, a subject adds 2 g + ln det H + ln det Omega. The slope of g
needs no derivative of the mode; that of ln det H does, by the implicit function theorem with the exact
curvature (Almquist et al. 2015, J Pharmacokinet Pharmacodyn 42:191-209). Derivatives of C by the individual
parameters are central differences of what the model's sensitivities give.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.fit.modes import HESSIAN_STEP, HESSIAN_STEP_ODE, Modes, find_modes
from livingdrug.fit.objective import at_modes
from livingdrug.fit.point import Point, Prepared, centre, moments, moments_of, with_etas
from livingdrug.fit.unknowns import CORRELATION, OUTCOME, RESIDUAL, VARIABILITY, Unknowns

STEP = 1e-4


@dataclass(frozen=True)
class Slope:
    """value: -2LL; parts (n,); gradient (n, p): of each subject; modes: where they are."""

    value: float
    parts: np.ndarray
    gradient: np.ndarray
    modes: Modes


@dataclass(frozen=True)
class _Bends:
    """At the modes: exact (n, K, K) curvature of the data; used (n, R, R): that of the objective with the
    population's; by_phi (n, K): slope of ln det H by each individual parameter at rest; shift (n, R, R):
    inverse of the exact H."""

    exact: np.ndarray
    used: np.ndarray
    by_phi: np.ndarray
    shift: np.ndarray


def value_of(prepared: Prepared, point: Point, method: str, start: np.ndarray | None) -> tuple[float, Modes]:
    """-2LL and the modes."""
    modes = find_modes(prepared, point, start)
    return float(np.sum(at_modes(prepared, point, modes, method))), modes


def slope_of(prepared: Prepared, unknowns: Unknowns, point: Point, modes: Modes, method: str) -> Slope:
    """-2LL with its gradient at the modes of a point."""
    parts = at_modes(prepared, point, modes, method)
    bends = _bends(prepared, point, modes, method)
    gradient = np.zeros((prepared.n, unknowns.size))
    by_middle = _by_middle(prepared, modes, bends)
    for k, place in enumerate(unknowns.mu):
        gradient[:, k] = by_middle[:, place]
    for k, effect in enumerate(unknowns.beta, start=len(unknowns.mu)):
        gradient[:, k] = by_middle[:, prepared.effect_on[effect]] * prepared.design.x[:, effect]
    _by_omega(prepared, unknowns, point, modes, bends, gradient)
    _by_residuals(prepared, unknowns, point, modes, bends, method, gradient)
    return Slope(float(np.sum(parts)), parts, gradient, modes)


def _step(prepared: Prepared) -> float:
    return HESSIAN_STEP if prepared.predictor.exact else HESSIAN_STEP_ODE


def _exact(prepared: Prepared, point: Point, phi: np.ndarray, h: float) -> np.ndarray:
    """-d2 log-likelihood / dphi2 at phi."""
    k = phi.shape[1]
    found = np.empty((len(phi), k, k))
    for p in range(k):
        move = h * np.eye(k)[p]
        up, down = (moments(prepared, point, phi + side * move).gradient for side in (1.0, -1.0))
        found[:, p] = -(up - down) / (2 * h)
    return 0.5 * (found + found.transpose(0, 2, 1))


def _bends(prepared: Prepared, point: Point, modes: Modes, method: str) -> _Bends:
    random, h = prepared.random, _step(prepared)
    phi = with_etas(prepared, centre(prepared, point), modes.etas)
    n, k = phi.shape
    wider = h if method == "focei" else 10 * h
    exact, curves = np.empty((n, k, k)), np.empty((k, n, len(random), len(random)))
    for p in range(k):
        sides = []
        for sign in (1.0, -1.0):
            moved = phi + sign * wider * np.eye(k)[p]
            found = moments(prepared, point, moved)
            curve = found.curve if method == "focei" else _exact(prepared, point, moved, h)
            sides.append((found.gradient, curve[:, random[:, None], random]))
        exact[:, p] = -(sides[0][0] - sides[1][0]) / (2 * wider)
        curves[p] = (sides[0][1] - sides[1][1]) / (2 * wider)
    exact = 0.5 * (exact + exact.transpose(0, 2, 1)) if method == "focei" else _exact(prepared, point, phi, h)
    inner = exact[:, random[:, None], random]
    data = modes.moments.curve[:, random[:, None], random] if method == "focei" else inner
    used = data + modes.precision
    inverse = np.linalg.inv(used)
    by_phi = np.einsum("nij,pnji->np", inverse, curves)
    bend = inner + modes.precision
    sound = np.all(np.isfinite(bend), axis=(1, 2))[:, None, None]
    shift = np.where(sound, np.linalg.pinv(np.where(sound, bend, np.eye(len(random)))), np.nan)
    return _Bends(exact, inverse, by_phi, shift)


def _by_middle(prepared: Prepared, modes: Modes, bends: _Bends) -> np.ndarray:
    """Slope by the centre of each individual parameter, (n, K)."""
    random = prepared.random
    moved = -np.einsum("nrs,nsk->nrk", bends.shift, bends.exact[:, random])
    return (
        -2 * modes.moments.gradient + bends.by_phi + np.einsum("nr,nrk->nk", bends.by_phi[:, random], moved)
    )


def _by_omega(
    prepared, unknowns: Unknowns, point: Point, modes: Modes, bends: _Bends, gradient: np.ndarray
) -> None:
    places = np.concatenate([unknowns.of_kind(VARIABILITY), unknowns.of_kind(CORRELATION)])
    vector = unknowns.vector(point)[places]
    for i, place in enumerate(places):
        step = STEP * np.eye(len(places))[i]
        up, down = (unknowns.omega(vector + side * step, point) for side in (1.0, -1.0))
        precision = (np.linalg.inv(up) - np.linalg.inv(down)) / (2 * STEP)
        log_det = (np.linalg.slogdet(up)[1] - np.linalg.slogdet(down)[1]) / (2 * STEP)
        pulled = modes.etas @ precision
        moved = -np.einsum("nrs,ns->nr", bends.shift, pulled)
        gradient[:, place] = (
            (pulled * modes.etas).sum(axis=1) + np.einsum("nij,ji->n", bends.used, precision) + log_det
            + (bends.by_phi[:, prepared.random] * moved).sum(axis=1)
        )  # fmt: skip


def _by_residuals(
    prepared, unknowns: Unknowns, point: Point, modes: Modes, bends: _Bends, method, gradient
) -> None:
    places = unknowns.of_kind(RESIDUAL, OUTCOME)
    random, vector = prepared.random, unknowns.vector(point)
    phi = with_etas(prepared, centre(prepared, point), modes.etas)
    for place in places:
        sides = []
        for side in (1.0, -1.0):
            moved = vector.copy()
            moved[place] += side * STEP
            other = unknowns.point(moved, point)
            found = moments_of(prepared, other, modes.moments.f, modes.moments.slopes)
            curve = found.curve if method == "focei" else _exact(prepared, other, phi, _step(prepared))
            sides.append((found.total, found.gradient[:, random], curve[:, random[:, None], random]))
        total, slope, curve = ((up - down) / (2 * STEP) for up, down in zip(*sides, strict=True))
        shifted = np.einsum("nrs,ns->nr", bends.shift, slope)
        gradient[:, place] = (
            -2 * total
            + np.einsum("nij,nji->n", bends.used, curve)
            + (bends.by_phi[:, random] * shifted).sum(axis=1)
        )
