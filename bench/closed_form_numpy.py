"""Claim: what well-written NumPy needs for a closed form: a million virtual patients of stein_2019, draw included.

Per patient: six log-normal parameters drawn, the level on days 0 to 28, AUC to day 28 and CMAX. All 29 levels of every
patient are kept (double precision), in memory that is there before the clock starts. Work goes in blocks, so that
temporaries stay in the cache. Three ways to write the
levels and two ways to write the metrics, from what most people write to what NumPy can do:

    formula      both pieces of the formula for every sample, `where` picks one: 3 exponentials a sample
    in place     the same with each step written over the last
    recurrence   exp(k t) on whole days as a running product: no exponential a sample
    trapezoid    AUC by the trapezoid rule on the samples, CMAX as the highest sample: cheap and inexact
    exact        AUC as the integral of the formula, CMAX as the peak of the curve

    python -m bench.closed_form_numpy      # writes bench/results/closed_form_numpy.json
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import livingdrug as ld
from bench.machine import interleaved, machine, one_core
from livingdrug.simulation import Subjects

RESULTS = Path(__file__).with_name("results") / "closed_form_numpy.json"
N, SEED, DAYS, REPEATS = 1_000_000, 1, 29, 5
PARAMETERS = ("fold", "t_max", "c_max", "alpha", "f_b", "beta")
T = np.arange(float(DAYS))[:, None]  # d; samples are kept as (days, patients), so that a day is contiguous
END = float(DAYS - 1)
MODEL = ld.get_model("stein_2019")
TYPICAL = np.array([MODEL.typical[name] for name in PARAMETERS])[:, None]
SDS = np.array([MODEL.populations[0].spreads[name].sd for name in PARAMETERS])[:, None]
BLOCKS = (1_000, 5_000, 10_000, 100_000)


def draw(rng: np.random.Generator, n: int) -> np.ndarray:
    """Parameters of n patients, shape (6, n), in the order of PARAMETERS; f_b is at most 1."""
    drawn = rng.standard_normal((len(PARAMETERS), n))
    drawn *= SDS
    np.exp(drawn, out=drawn)
    drawn *= TYPICAL
    np.minimum(drawn[4], 1.0, out=drawn[4])
    return drawn


def formula(p: np.ndarray, out: np.ndarray) -> None:
    """Levels, shape (days, patients), as the paper prints them."""
    fold, t_max, c_max, alpha, f_b, beta = p
    since = T - t_max
    rise = c_max / fold * np.exp(np.log(fold) / t_max * T)
    fall = c_max * ((1 - f_b) * np.exp(-alpha * since) + f_b * np.exp(-beta * since))
    out[:] = np.where(since < 0, rise, fall)


def in_place(p: np.ndarray, out: np.ndarray) -> None:
    """The same without temporaries."""
    fold, t_max, c_max, alpha, f_b, beta = p
    np.multiply(T, np.log(fold) / t_max, out=out)
    np.exp(out, out=out)
    out *= c_max / fold
    since = T - t_max
    fast = since * -alpha
    np.exp(fast, out=fast)
    fast *= c_max * (1 - f_b)
    slow = since * -beta
    np.exp(slow, out=slow)
    slow *= c_max * f_b
    fast += slow
    np.copyto(out, fast, where=since >= 0)


def recurrence(p: np.ndarray, out: np.ndarray) -> None:
    """The same with each day's terms from the day before."""
    fold, t_max, c_max, alpha, f_b, beta = p
    rise, growth = c_max / fold, np.exp(np.log(fold) / t_max)
    # the falls are started on day 0, before the peak, where nobody looks; 700 is the largest exponent
    fast = c_max * (1 - f_b) * np.exp(np.minimum(alpha * t_max, 700))
    slow = c_max * f_b * np.exp(np.minimum(beta * t_max, 700))
    fast_step, slow_step = np.exp(-alpha), np.exp(-beta)
    for day, level in enumerate(out):
        np.add(fast, slow, out=level)
        np.copyto(level, rise, where=t_max > day)
        rise *= growth
        fast *= fast_step
        slow *= slow_step


def trapezoid(p: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(AUC, CMAX) of the samples."""
    area = levels.sum(axis=0)
    area -= 0.5 * (levels[0] + levels[-1])
    return area, levels.max(axis=0)


def exact(p: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(AUC, CMAX) of the curve up to day 28."""
    fold, t_max, c_max, alpha, f_b, beta = p
    rho, up, down = np.log(fold) / t_max, np.minimum(t_max, END), np.maximum(END - t_max, 0.0)
    rise = np.expm1(rho * up) / (fold * rho)
    fall = (f_b - 1) / alpha * np.expm1(-alpha * down) - f_b / beta * np.expm1(-beta * down)
    return c_max * (rise + fall), np.where(t_max < END, c_max, levels[-1])


LEVELS = {"formula": formula, "in place": in_place, "recurrence": recurrence}
METRICS = {"trapezoid": trapezoid, "exact": exact}


@dataclass(frozen=True)
class Kept:
    """Memory for the answer: levels (blocks, days, patients of a block), area and peak (blocks, patients of a
    block)."""

    levels: np.ndarray
    area: np.ndarray
    peak: np.ndarray

    @staticmethod
    def of(n: int, block: int) -> "Kept":
        """Memory for n patients, touched once."""
        return Kept(
            np.zeros((n // block, DAYS, block)), np.zeros((n // block, block)), np.zeros((n // block, block))
        )


def run(levels: Callable, metrics: Callable, kept: Kept, seed: int = SEED) -> None:
    """Draw the patients and fill `kept`."""
    rng = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        for i, out in enumerate(kept.levels):
            p = draw(rng, out.shape[1])
            levels(p, out)
            kept.area[i], kept.peak[i] = metrics(p, out)


def check() -> None:
    """All ways agree with each other, and the exact one with the library, before anything is timed."""
    p = draw(np.random.default_rng(SEED), 2000)
    values = {name: np.full(2000, value) for name, value in MODEL.typical.items()} | dict(
        zip(PARAMETERS, p, strict=True)
    )
    result = ld.simulate(MODEL, Subjects(values, "drawn here"), times=T[:, 0], until=END)
    ok = np.array(result.status) == "ok"
    for name, levels in LEVELS.items():
        out = np.empty((DAYS, 2000))
        with np.errstate(over="ignore"):
            levels(p, out)
        np.testing.assert_allclose(out.T[ok], result.values[ok, 0], rtol=1e-11, err_msg=name)
    area, peak = exact(p, out)
    np.testing.assert_allclose(area[ok], result.area[ok, 0], rtol=1e-9)
    np.testing.assert_allclose(peak[ok], result.peak[ok, 0], rtol=1e-12)


def main() -> None:
    """Time every way at its best block size and store the table."""
    one_core()
    check()
    rows, about = [], machine()
    memory = {block: Kept.of(N, block) for block in BLOCKS}
    for metric, metrics in METRICS.items():
        for name, levels in LEVELS.items():
            runs = {str(b): lambda f=levels, m=metrics, k=kept: run(f, m, k) for b, kept in memory.items()}
            times = {int(b): float(np.median(s)) for b, s in interleaved(runs, REPEATS).items()}
            block = min(times, key=times.get)
            rows.append(
                {
                    "levels": name,
                    "metrics": metric,
                    "block": block,
                    "cpu_ns_per_patient": times[block] * 1e9 / N,
                }
            )
            print(
                f"{name:11s} {metric:10s} blocks of {block:7,d} {times[block] * 1e9 / N:7.0f} ns a patient",
                flush=True,
            )
    rng = np.random.default_rng(SEED)
    only = interleaved({"draw": lambda: [draw(rng, 10_000) for _ in range(N // 10_000)]}, REPEATS)["draw"]
    draw_ns = float(np.median(only)) * 1e9 / N
    print(f"of which the draw {draw_ns:.0f} ns")
    RESULTS.parent.mkdir(exist_ok=True)
    stored = {
        "machine": about,
        "patients": N,
        "repeats": REPEATS,
        "draw_ns_per_patient": draw_ns,
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
