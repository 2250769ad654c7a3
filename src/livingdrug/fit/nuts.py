"""Draws from any log density with a gradient, by the No-U-Turn sampler (Hoffman & Gelman 2014, J Mach Learn
Res 15:1593-1623) of nutpie, which tunes its mass matrix on draws and gradients."""

import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from livingdrug.core.errors import ConvergenceError, InputError
from livingdrug.core.pieces import Keeper, Stage
from livingdrug.core.random import check_seed, normals, stream_key
from livingdrug.fit.convergence import ess_bulk, ess_mean, ess_tail, r_hat

HIGHEST_R_HAT, FEWEST_ESS = 1.01, 400.0
AROUND = 0.1  # sd of the starts of chains around the start, on the scale of the density
Density = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Sampling:
    """Settings of the sampler.

    Attributes
    ----------
    chains : int
        2 or more.
    tune, draws : int
        Tuning steps, and draws that are kept, of each chain: 50 or more.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    acceptance : float
        Rate aimed at, from 0.5 to below 1; higher: smaller steps, fewer divergences.
    """

    chains: int = 4
    tune: int = 500
    draws: int = 1000
    seed: int = 1
    acceptance: float = 0.8

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.chains < 2 or self.tune < 50 or self.draws < 50:
            raise InputError(
                "sampling needs 2 chains or more, with 50 tuning steps and 50 draws or more each"
            )
        if not 0.5 <= self.acceptance < 1:
            raise InputError(f"the acceptance aimed at is {self.acceptance:g}; give one from 0.5 to below 1")


@dataclass(frozen=True)
class Draws:
    """x (chains, draws, size); density (chains, draws): log density; divergences: of all chains together;
    steps: mean number of gradients for a draw."""

    x: np.ndarray
    density: np.ndarray
    divergences: int
    steps: float


@dataclass(frozen=True)
class Chain:
    """One chain. x (draws, size); density (draws,); divergences; steps: gradients of all its draws."""

    x: np.ndarray
    density: np.ndarray
    divergences: int
    steps: int


def draw(
    density: Density, start: np.ndarray, settings: Sampling | None = None, kept: Keeper | None = None,
    of: Mapping[str, Any] | None = None,
) -> Draws:  # fmt: skip
    """Draws from exp(density). density(x) gives the log density and its gradient (size,); -inf outside its
    support.

    start (size,): where chains start, each near it; kept: where finished chains are kept on the way; of: what
    the density depends on, word for a user -> what it is. Same seed, same draws, and a chain is the same
    beside any number of others. Raises InputError for a start where the density or its gradient is not finite, or
    without the extra `bayes`.
    """
    settings, start = settings or Sampling(), np.asarray(start, dtype=float)
    _near(
        density, start, settings.seed
    )  # a start that cannot be is refused here, not in a thread of the sampler

    def stage() -> Stage:
        own = {"draws, acceptance or seed": replace(settings, chains=2), "start of the chains": start}
        return Stage("chains", {**(of or {}), **own}, (Chain,), "chains")

    def computed(places: Sequence[int]) -> Generator[Chain, None, None]:
        return _side_by_side(density, start, settings, places)

    keys = [str(k + 1) for k in range(settings.chains)]
    made = computed(range(settings.chains)) if kept is None else kept.each(stage(), keys, computed)
    with closing(made):
        chains = list(made)
    return Draws(
        np.stack([c.x for c in chains]),
        np.stack([c.density for c in chains]),
        sum(c.divergences for c in chains),
        sum(c.steps for c in chains) / (settings.chains * settings.draws),
    )


def _side_by_side(
    density: Density, start: np.ndarray, settings: Sampling, places: Sequence[int]
) -> Generator[Chain, None, None]:
    """The chains of these numbers, all at once; those that are not taken are stopped."""
    nutpie, from_pyfunc = _nutpie()
    size = len(start)

    def function():
        def at(x: np.ndarray):
            value, slope = density(x)
            if not (np.isfinite(value) and np.isfinite(slope).all()):
                return -np.inf, np.zeros(size)
            return float(value), slope

        return at

    model = from_pyfunc(
        size, function, lambda *_: lambda x: {"x": x}, [np.dtype("float64")], [(size,)], ["x"],
        make_initial_point_fn=lambda seed: _near(density, start, int(seed) % 2**63),
    )  # fmt: skip
    running = [
        nutpie.sample(
            model, draws=settings.draws, tune=settings.tune, chains=1, cores=1, blocking=False,
            seed=stream_key(settings.seed, f"chain {k}")[0] % 2**32, progress_bar=False, save_warmup=False,
            return_raw_trace=True, target_accept=settings.acceptance,
        )
        for k in places
    ]  # fmt: skip
    try:
        for k, sampler in zip(places, running, strict=True):
            yield _chain(sampler.wait(), settings, k)
    finally:
        for sampler in running:
            if not sampler.is_finished:
                sampler.cancel()


def _near(density: Density, start: np.ndarray, seed: int) -> np.ndarray:
    """A start of one chain, nearer and nearer until density and gradient are finite there."""
    step = AROUND * normals(seed, "start of a chain", 0, len(start))
    for k in range(20):
        value, slope = density(start + step * 0.5**k)
        if np.isfinite(value) and np.isfinite(slope).all() and np.any(slope != 0):
            return start + step * 0.5**k
    raise InputError(
        "the log density or its gradient is not finite around the start; start from other values"
    )


def _nutpie():
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of arviz about its own next version
            import nutpie
            from nutpie.compiled_pyfunc import from_pyfunc
    except ImportError as error:
        raise InputError(
            f"sampling needs nutpie ({error}); install it with: pip install 'livingdrug[bayes]'"
        ) from None
    return nutpie, from_pyfunc


def _chain(trace, settings: Sampling, k: int) -> Chain:
    """What the sampler gives of chain k, without its tuning."""
    (batch,), (statistic,) = trace.get_arrow_trace()
    kept = ~np.asarray(statistic.column("tuning")).astype(bool)
    if kept.sum() != settings.draws:
        raise ConvergenceError(f"chain {k + 1} stopped after {int(kept.sum())} of {settings.draws} draws")
    return Chain(
        np.stack(batch.column("x").to_pylist())[kept],
        np.asarray(statistic.column("logp"))[kept],
        int(np.asarray(statistic.column("diverging")).astype(bool)[kept].sum()),
        int(np.asarray(statistic.column("n_steps"))[kept].sum()),
    )


@dataclass(frozen=True)
class Mixing:
    """How the draws of one number mixed."""

    name: str
    r_hat: float
    ess_bulk: float
    ess_tail: float


def mixing(names: tuple[str, ...], x: np.ndarray) -> tuple[Mixing, ...]:
    """For each of the numbers, x (chains, draws, numbers)."""
    columns = (x[:, :, i] for i in range(len(names)))
    return tuple(
        Mixing(name, r_hat(c), ess_bulk(c), ess_tail(c)) for name, c in zip(names, columns, strict=True)
    )


def faults(found: tuple[Mixing, ...], divergences: int) -> tuple[str, ...]:
    """Why draws do not stand for the distribution, a sentence for each reason; nothing where they do."""
    told = []
    for m in found:
        if not m.r_hat <= HIGHEST_R_HAT:
            told.append(f"R-hat of {m.name} is {m.r_hat:.4f}, above {HIGHEST_R_HAT}: its chains disagree")
        least = min(m.ess_bulk, m.ess_tail)
        if not least >= FEWEST_ESS:
            told.append(
                f"the draws of {m.name} are worth {least:.0f} independent ones, fewer than {FEWEST_ESS:.0f}"
            )
    if divergences:
        told.append(f"{divergences} draw(s) diverged: the sampler missed a part of the distribution")
    return tuple(told)


def summary(names: tuple[str, ...], x: np.ndarray):
    """Pandas table: name, mean, sd, mcse of the mean, quantiles q05, q25, q50, q75, q95, r_hat, ess_bulk,
    ess_tail."""
    import pandas as pd

    rows = []
    for i, m in enumerate(mixing(names, x)):
        own = x[:, :, i]
        quantiles = np.quantile(own, (0.05, 0.25, 0.5, 0.75, 0.95))
        sd = own.std(ddof=1)
        rows.append(
            (m.name, own.mean(), sd, sd / np.sqrt(ess_mean(own)), *quantiles, m.r_hat, m.ess_bulk, m.ess_tail)
        )
    columns = [
        "name",
        "mean",
        "sd",
        "mcse",
        "q05",
        "q25",
        "q50",
        "q75",
        "q95",
        "r_hat",
        "ess_bulk",
        "ess_tail",
    ]
    return pd.DataFrame(rows, columns=columns)
