"""Are the standard errors of small trials those of the likelihood? A look that shares no code with the fit.

For fits that `bench.small_trials` has stored, -2 log likelihood at their estimates is integrated anew in plain numpy: 20,000
draws of each subject from proposals of this file (the likelihood is let in by powers, from the population to the subject; a
fifth of the draws is the population itself, so that no part of it is missed). The draws stay where they are while the
numbers of the population move, so that its slopes and curvature are differences of one smooth function. Asked is that no
printed relative standard error is below half of that by this curvature; shown are also how far -2 log likelihood lies from
what the fit printed, and how much it would still fall by a Newton step.

    python -m bench.small_errors 60                      # go on to 60 stored fits, designs in turn
    python -m bench.small_errors 60 FILE.json            # of fits that are stored elsewhere
    python -m bench.small_errors --table
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, log_ndtr, logsumexp

from bench import small_trials

STORED = Path(__file__).parent / "results" / "small_errors.json"
NAMES = tuple(small_trials.TRUTH)
DRAWS, TRIALS = 20_000, 4000
FREEDOM, POPULATION = 4.0, 0.2  # of the t, and part of the draws that are the population's
CARRIED = 0.1  # of the trial draws that a power must leave
STEP = 0.02  # of a difference, on the scale of logarithms
HALF = 0.5  # of the error by curvature that a printed one must have


class Numbers(NamedTuple):
    """The population. mu (6,): logarithms of typical values; sd (6,): 0 where subjects do not differ; error."""

    mu: np.ndarray
    sd: np.ndarray
    error: float

    @property
    def moving(self) -> np.ndarray:
        """Positions of parameters that differ."""
        return np.flatnonzero(self.sd)

    def vector(self) -> np.ndarray:
        """All estimated numbers as logarithms."""
        return np.concatenate([self.mu, np.log(self.sd[self.moving]), [np.log(self.error)]])

    def at(self, vector: np.ndarray) -> "Numbers":
        """The population with other numbers."""
        sd = self.sd.copy()
        sd[self.moving] = np.exp(vector[6:-1])
        return Numbers(vector[:6], sd, float(np.exp(vector[-1])))

    def names(self) -> list[str]:
        """As a fit calls them."""
        return [*NAMES, *(f"omega {NAMES[k]}" for k in self.moving), "a transgene"]


def log_curve(phi: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Logarithm of the level (draws, times) at logarithms of parameters (draws, 6)."""
    fold, t_max, c_max, alpha, f_b, beta = (column[:, None] for column in np.exp(phi).T)
    rise = np.log(c_max) + np.log(fold) * (np.minimum(times / t_max, 1.0) - 1)
    since = np.maximum(times - t_max, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        fall = np.log((1 - f_b) * np.exp(-alpha * since) + f_b * np.exp(-beta * since))
    return rise + np.where(since > 0, fall, 0.0)


class Subject:
    """One subject's samples, and draws of its parameters."""

    def __init__(self, times: np.ndarray, values: np.ndarray, below: np.ndarray):
        self.times, self.logs, self.below = times, np.log(values), below
        self.known: dict[tuple, np.ndarray] = {}  # log-likelihood over density of the draws

    def likelihood(self, curve: np.ndarray, error: float) -> np.ndarray:
        """Log-likelihood of the samples (draws,) as measured; values below the limit by their probability."""
        off = (self.logs - curve) / error
        seen, hidden = off[:, ~self.below], off[:, self.below]
        constant = (np.log(error) + 0.5 * np.log(2 * np.pi)) * seen.shape[1] + self.logs[~self.below].sum()
        total = log_ndtr(hidden).sum(axis=1) - 0.5 * (seen**2).sum(axis=1) - constant
        return np.nan_to_num(total, nan=-np.inf)

    def draw(self, numbers: Numbers, random: np.random.Generator) -> None:
        """Draws from a mixture of a t, where the subject lies, and the population."""
        which, power = numbers.moving, 0.0
        middle, factor = numbers.mu[which], np.diag(numbers.sd[which])
        for _ in range(60):
            z = _t(random, TRIALS, middle, factor)
            likelihood = self.likelihood(self._curve(numbers, z), numbers.error)
            prior, density = _normal(z, numbers, which), _t_density(z, middle, factor)
            done = power == 1.0
            power = _power(likelihood, prior - density, power)
            weight = _weight(power * likelihood + prior - density)
            middle = weight @ z
            factor = np.linalg.cholesky((weight[:, None] * (z - middle)).T @ (z - middle) + 1e-10 * np.eye(len(which)))
            if done:
                break
        count = round(POPULATION * DRAWS)
        own = _t(random, DRAWS - count, middle, factor)
        others = numbers.mu[which] + numbers.sd[which] * random.standard_normal((count, len(which)))
        self.phi = np.concatenate([own, others])
        parts = (
            np.log1p(-POPULATION) + _t_density(self.phi, middle, factor),
            np.log(POPULATION) + _normal(self.phi, numbers, which),
        )
        self.density, self.known = np.logaddexp(*parts), {}

    def _curve(self, numbers: Numbers, z: np.ndarray) -> np.ndarray:
        phi = np.tile(numbers.mu, (len(z), 1))
        phi[:, numbers.moving] = z
        return log_curve(phi, self.times)

    def level(self, numbers: Numbers) -> tuple[float, float]:
        """(log-likelihood, effective draws)."""
        key = (*np.delete(numbers.mu, numbers.moving), numbers.error)  # nothing else moves the curves and their errors
        if key not in self.known:
            self.known[key] = self.likelihood(self._curve(numbers, self.phi), numbers.error) - self.density
        logs = self.known[key] + _normal(self.phi, numbers, numbers.moving)
        weight = _weight(logs)
        return float(logsumexp(logs) - np.log(len(logs))), float(1 / np.sum(weight**2))


def _t(random, count: int, middle: np.ndarray, factor: np.ndarray) -> np.ndarray:
    wide = np.sqrt(FREEDOM / random.chisquare(FREEDOM, count))
    return middle + (random.standard_normal((count, len(middle))) * wide[:, None]) @ factor.T


def _t_density(z: np.ndarray, middle: np.ndarray, factor: np.ndarray) -> np.ndarray:
    d = len(middle)
    squares = (np.linalg.solve(factor, (z - middle).T) ** 2).sum(axis=0)
    constant = gammaln((FREEDOM + d) / 2) - gammaln(FREEDOM / 2) - d / 2 * np.log(FREEDOM * np.pi)
    return constant - np.log(np.diag(factor)).sum() - (FREEDOM + d) / 2 * np.log1p(squares / FREEDOM)


def _normal(z: np.ndarray, numbers: Numbers, which: np.ndarray) -> np.ndarray:
    mu, sd = numbers.mu[which], numbers.sd[which]
    return -0.5 * (((z - mu) / sd) ** 2).sum(axis=1) - np.log(sd).sum() - 0.5 * len(which) * np.log(2 * np.pi)


def _weight(logs: np.ndarray) -> np.ndarray:
    weight = np.exp(logs - logs.max())
    return weight / weight.sum()


def _power(likelihood: np.ndarray, logs: np.ndarray, power: float) -> float:
    """The largest power of the likelihood, above the last one, that leaves enough of the draws."""

    def enough(p: float) -> bool:
        return 1 / np.sum(_weight(p * likelihood + logs) ** 2) >= CARRIED * len(logs)

    if enough(1.0):
        return 1.0
    low, high = power, 1.0
    for _ in range(20):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low


def subjects_of(design: str, number: int) -> list[Subject]:
    """The samples of a simulated trial."""
    data = small_trials.data_set(design, number)
    rows = [data.profile == k for k in range(len(data.subjects))]
    return [Subject(data.time[r], data.dv[r], data.cens[r] == 1) for r in rows]


def looked_at(row: dict) -> dict:
    """-2 log likelihood, its slopes and curvature at a stored fit, beside what the fit printed."""
    values = {name: e[0] for name, e in row["estimates"].items()}
    sd = np.array([values[f"omega {name}"] for name in NAMES])
    numbers = Numbers(np.log([values[name] for name in NAMES]), sd, values["a transgene"])
    subjects = subjects_of(row["design"], row["set"])
    random = np.random.default_rng([row["set"], row["seed"], 7])
    for subject in subjects:
        subject.draw(numbers, random)
    found = [subject.level(numbers) for subject in subjects]

    def level(vector: np.ndarray) -> float:
        at = numbers.at(vector)
        return sum(subject.level(at)[0] for subject in subjects)

    score, matrix = _differences(level, numbers.vector())
    values_of, vectors = np.linalg.eigh(-matrix)
    matrix_is_top = bool(values_of[0] > 0)
    variance = np.diag(np.linalg.inv(-matrix)) if matrix_is_top else np.full(len(score), np.nan)
    printed = {name: e[1] / e[0] if e[1] else None for name, e in row["estimates"].items()}
    return {
        "design": row["design"], "set": row["set"], "seed": row["seed"], "status": row["status"],
        "minus2ll": -2 * sum(level for level, _ in found), "printed_minus2ll": row["minus2ll"],
        "least_effective": min(size for _, size in found), "positive": matrix_is_top,
        "gain": float(0.5 * np.sum((vectors.T @ score) ** 2 / values_of)) if matrix_is_top else None,
        "errors": {
            name: [printed[name], float(np.sqrt(v)) if v > 0 else None]
            for name, v in zip(numbers.names(), variance, strict=True)
        },
    }  # fmt: skip


def _differences(level, middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes (p,) and curvature (p, p)."""
    p, moves = len(middle), STEP * np.eye(len(middle))
    here = level(middle)
    up, down = (np.array([level(middle + side * move) for move in moves]) for side in (1, -1))
    matrix = np.diag((up - 2 * here + down) / STEP**2)
    for i in range(p):
        for j in range(i):
            both = level(middle + moves[i] + moves[j]), level(middle - moves[i] - moves[j])
            mixed = (sum(both) - up[i] - up[j] - down[i] - down[j] + 2 * here) / (2 * STEP**2)
            matrix[i, j] = matrix[j, i] = mixed
    return (up - down) / (2 * STEP), matrix


def table(rows: list[dict]) -> str:
    """How printed errors stand to those by curvature."""
    pairs = [(r, name, *e) for r in rows for name, e in r["errors"].items() if e[0] is not None]
    known = [(r, name, a / b) for r, name, a, b in pairs if b]
    low = [(r, name, ratio) for r, name, ratio in known if ratio < HALF]
    off = [r["minus2ll"] - r["printed_minus2ll"] for r in rows]
    gains = [r["gain"] for r in rows if r["gain"] is not None]
    ratios = np.array([ratio for *_, ratio in known])
    lines = [
        f"{len(rows)} fits, {len(pairs)} printed standard errors; of {len(pairs) - len(known)} the curvature gives none "
        f"({sum(not r['positive'] for r in rows)} fits)",
        f"printed over independent error: {np.percentile(ratios, [0, 1, 50, 99, 100]).round(2).tolist()} (least, 1 %, "
        f"median, 99 %, most); below half: {len(low)}",
        f"-2LL less that printed: {np.percentile(off, [0, 50, 100]).round(2).tolist()}; fall of -2LL by a Newton step "
        f"at most {2 * max(gains, default=0.0):.2f}; least effective draws {min(r['least_effective'] for r in rows):.0f}",
    ]
    lines += [f"  {r['design']} {r['set']} seed {r['seed']}: {name} {ratio:.2f}" for r, name, ratio in low]
    return "\n".join(lines)


def main(words: list[str]) -> None:
    """Look at what is missing, then print the table."""
    rows = json.loads(STORED.read_text()) if STORED.exists() else []
    if words and words[0] != "--table":
        fits = json.loads(Path(words[1]).read_text() if len(words) > 1 else small_trials.STORED.read_text())
        known = {(r["design"], r["set"], r["seed"]) for r in rows}
        fits = [f for f in fits if f["verdict"][1] and (f["design"], f["set"], f["seed"]) not in known]
        for fit in sorted(fits, key=lambda f: (f["seed"], f["set"]))[: max(int(words[0]) - len(rows), 0)]:
            rows.append(looked_at(fit))
            STORED.write_text(json.dumps(rows, indent=0))
            print(fit["design"], fit["set"], fit["seed"], rows[-1]["minus2ll"], fit["minus2ll"], flush=True)
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
