"""Modes of the individual effects: eta of each subject where its data and the population agree best.

For all subjects at once by Gauss-Newton steps with halving, to whose curvature secants add what it lacks
(structured quasi-Newton, Dennis, Gay & Welsch 1981, ACM Trans Math Softw 7:348-368, with the update of rank
one); each subject stops by itself, and what one does never depends on the others.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.fit.point import Moments, Point, Prepared, centre, moments, predictions, with_etas

MOST = 100
HALVINGS = 12
SMALL = 1e-15  # the decrease that another step promises, in log-likelihood; the curvature there is wanted too
LOOSE = 1e-4  # a mode that stops with more than this left is said not to be found
SUFFICIENT = 1e-4
GAIN = 1e-14  # of the density below which a step was the last
BLIND = 1e-8  # cosine between a secant and what it corrects below which it says nothing
FARTHER = 100.0  # that a step by secants may go, in Gauss-Newton steps
ABOUT = 1.0  # decrease promised by Gauss-Newton below which secants tell the curvature of the top
HESSIAN_STEP = 1e-4
HESSIAN_STEP_ODE = 1e-3


@dataclass(frozen=True)
class Modes:
    """etas (n, random); height (n,): -log joint density there, without constants; moments: of the data
    there, fixed_f: predictions at eta 0 where the residual SD does not interact; precision: inverse of Omega;
    converged (n,)."""

    etas: np.ndarray
    height: np.ndarray
    moments: Moments
    fixed_f: np.ndarray | None
    precision: np.ndarray
    converged: np.ndarray

    def gauss_newton(self, random: np.ndarray) -> np.ndarray:
        """Curvature of the joint density without second derivatives of the model, (n, random, random)."""
        return self.moments.curve[:, random[:, None], random] + self.precision


def find_modes(
    prepared: Prepared,
    point: Point,
    start: np.ndarray | None = None,
    interaction: bool = True,
    small: float = SMALL,
) -> Modes:
    """Modes from `start` (eta 0 by default); interaction: whether the residual's SD follows the
    individual prediction (FOCEI, Laplace), or that at eta 0 (FOCE); small: promised decrease at which a
    search ends."""
    random, middle = prepared.random, centre(prepared, point)
    precision = np.linalg.inv(point.omega) if len(random) else np.zeros((0, 0))
    fixed_f = None if interaction else predictions(prepared, middle)
    etas = np.zeros((prepared.n, len(random))) if start is None else start.copy()

    def look(tried: np.ndarray) -> tuple[Moments, np.ndarray]:
        found = moments(prepared, point, with_etas(prepared, middle, tried), fixed_f)
        return found, -found.total + 0.5 * np.einsum("ni,ij,nj->n", tried, precision, tried)

    now, height = look(etas)
    if start is not None and not np.isfinite(height).all():
        etas[~np.isfinite(height)] = 0.0
        now, height = look(etas)
    left = np.full(prepared.n, np.inf)
    stuck = np.zeros(prepared.n, dtype=bool)
    secants = _Secants.none(etas)
    for _ in range(MOST if len(random) else 0):
        slope = -now.gradient[:, random] + etas @ precision
        secants.learn(now.curve[:, random[:, None], random] + precision, etas, slope)
        # where the top need not be found, a step that is long by secants may promise too little to be made
        step = secants.step() if small <= SMALL else -solved(secants.plain, slope)
        with np.errstate(over="ignore", invalid="ignore"):  # of a subject far off, which does not move then
            left = -0.5 * (slope * step).sum(axis=1)
        moving = (left > small) & ~stuck & np.isfinite(height)
        if not moving.any():
            break
        before = height
        now, height, etas, failed = _search(look, now, height, etas, step, 2 * left, moving)
        # at a kink steps go on that gain nothing
        with np.errstate(invalid="ignore"):  # infinite where a prediction is lost
            stuck |= secants.forget(failed | (moving & (before - height < GAIN)))
    return Modes(
        etas, height, now, fixed_f, precision, np.isfinite(height) & ((left <= LOOSE) | ~np.isfinite(left))
    )


@dataclass
class _Secants:
    """Curvature of each subject on the way. etas, slope (n, random): where it was looked at last; plain,
    added (n, random, random): by Gauss-Newton, and what secants add to it."""

    etas: np.ndarray
    slope: np.ndarray
    plain: np.ndarray
    added: np.ndarray

    @classmethod
    def none(cls, etas: np.ndarray) -> "_Secants":
        """Before the first look."""
        n, size = etas.shape
        return cls(etas, np.full((n, size), np.nan), np.zeros((n, size, size)), np.zeros((n, size, size)))

    def learn(self, plain: np.ndarray, etas: np.ndarray, slope: np.ndarray) -> None:
        """From the step just made: the curvature must explain how the slope changed along it."""
        moved = etas - self.etas
        with np.errstate(over="ignore", invalid="ignore"):
            lacking = slope - self.slope - ((plain + self.added) @ moved[..., None])[..., 0]
            along = (lacking * moved).sum(axis=1)
            size = np.sqrt((lacking**2).sum(axis=1) * (moved**2).sum(axis=1))
            tells = np.isfinite(size) & (np.abs(along) > BLIND * size)
        lacking, along = np.where(tells[:, None], lacking, 0.0), np.where(tells, along, 1.0)
        self.added = self.added + lacking[:, :, None] * lacking[:, None, :] / along[:, None, None]
        self.etas, self.slope, self.plain = etas, slope, plain

    def step(self) -> np.ndarray:
        """With what secants add, where that leads down, near the top; by Gauss-Newton elsewhere."""
        usual = -solved(self.plain, self.slope)
        if not self.added.any():
            return usual
        better = -solved(self.plain + self.added, self.slope)
        with np.errstate(over="ignore", invalid="ignore"):
            near = -(self.slope * usual).sum(axis=1) < ABOUT
            near &= (better**2).sum(axis=1) <= FARTHER**2 * (usual**2).sum(axis=1)
            fits = near & ((self.slope * better).sum(axis=1) < 0)
        return np.where(fits[:, None], better, usual)

    def forget(self, ended: np.ndarray) -> np.ndarray:
        """Subjects of those that ended whose steps were by Gauss-Newton alone; the others may go on so."""
        by_secants = ended & self.added.any(axis=(1, 2))
        self.added[by_secants] = 0.0
        self.slope[by_secants] = np.nan  # and learn nothing from this step
        return ended & ~by_secants


def solved(bend: np.ndarray, right: np.ndarray) -> np.ndarray:
    """bend^-1 right of every subject, (n, size); 0 where one of them is not finite."""
    sound = np.all(np.isfinite(bend), axis=(1, 2)) & np.all(np.isfinite(right), axis=1)
    bend = np.where(sound[:, None, None], bend, np.eye(bend.shape[1]))
    right = np.where(sound[:, None], right, 0.0)
    try:
        return np.linalg.solve(bend, right[..., None])[..., 0]
    except np.linalg.LinAlgError:  # numbers so far apart that a curvature is singular to the last digit
        return (np.linalg.pinv(bend) @ right[..., None])[..., 0]


def inverses(bend: np.ndarray) -> np.ndarray:
    """bend^-1 of every subject, (n, size, size); 0 where one is not finite."""
    size = bend.shape[1]
    columns = [solved(bend, np.tile(e, (len(bend), 1))) for e in np.eye(size)]
    return np.stack(columns, axis=2) if size else np.zeros_like(bend)


def _search(look, now: Moments, height, etas, step, promised, moving):
    """Full steps, halved for the subjects whose density does not rise enough."""
    length = np.where(moving, 1.0, 0.0)
    best, pending = etas, moving.copy()
    for _ in range(HALVINGS):
        tried = np.where(pending[:, None], etas + length[:, None] * step, best)
        found, reached = look(tried)
        good = pending & (reached <= height - SUFFICIENT * length * promised + 1e-14 * np.abs(height))
        best = np.where(good[:, None], tried, best)
        pending &= ~good
        if not pending.any():
            return found, reached, best, pending
        length = np.where(pending, 0.5 * length, length)
    found, reached = look(best)
    return found, reached, best, pending


def curvature(prepared: Prepared, point: Point, modes: Modes) -> np.ndarray:
    """Exact curvature -d2 log-likelihood / dphi2 of the data at the modes by central differences of the
    gradient, (n, parameters, parameters)."""
    h = HESSIAN_STEP if prepared.predictor.exact else HESSIAN_STEP_ODE
    phi = with_etas(prepared, centre(prepared, point), modes.etas)
    k = phi.shape[1]
    found = np.empty((len(phi), k, k))
    for p in range(k):
        sides = []
        for sign in (1.0, -1.0):
            moved = phi.copy()
            moved[:, p] += sign * h
            sides.append(moments(prepared, point, moved, modes.fixed_f).gradient)
        found[:, p] = -(sides[0] - sides[1]) / (2 * h)
    return 0.5 * (found + found.transpose(0, 2, 1))
