"""A joint fit beside a fit in two stages: does the slope of an outcome come out right, and do its intervals hold the truth?

    python -m bench.joint_outcomes [sets] [subjects]

Simulated trials: levels of `stein_2019` in three samples (days 5, 14, 28; residual error 80 %), c_max of subjects
differs with SD 1 on ln, a toxicity has log odds -0.5 + 1.5 ln (c_max / 24000). Two stages: the kinetics alone are fitted,
and individual estimates of ln c_max are taken as if they were known exposures (logistic regression). Both by Laplace.
Also: the same with the true exposures, which nobody has.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from livingdrug.data import Reading, join, read_data, read_endpoints
from livingdrug.fit import ResidualError, fit, joint_problem, new_problem
from livingdrug.models import get_model

TRUTH, SD, ERROR, DAYS, C_MAX = (-0.5, 1.5), 1.0, 0.8, (5.0, 14.0, 28.0), 24000.0
FOLD, T_MAX, ALPHA, F_B, BETA = 3900.0, 9.3, 0.16, 0.0079, 0.0032


def level(t: float, c_max: float) -> float:
    if t < T_MAX:
        return c_max / FOLD * np.exp(np.log(FOLD) / T_MAX * t)
    return c_max * ((1 - F_B) * np.exp(-ALPHA * (t - T_MAX)) + F_B * np.exp(-BETA * (t - T_MAX)))


def written(folder: Path, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two tables of a trial; (ln c_max over the typical one, toxicity) of its subjects."""
    rng = np.random.default_rng(seed)
    x = SD * rng.normal(size=n)
    tox = (rng.random(n) < 1 / (1 + np.exp(-(TRUTH[0] + TRUTH[1] * x)))).astype(int)
    samples = [f"P{i},{d},{level(d, C_MAX * np.exp(e)) * np.exp(ERROR * rng.normal()):.8g}"
               for i, e in enumerate(x) for d in DAYS]  # fmt: skip
    (folder / "kinetics.csv").write_text("ID,TIME (d),DV (copies/ug)\n" + "\n".join(samples) + "\n")
    (folder / "endpoints.csv").write_text(
        "ID,TOX\n" + "\n".join(f"P{i},{y}" for i, y in enumerate(tox)) + "\n"
    )
    return x, tox


def regression(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(slope, standard error) of a logistic regression."""
    import statsmodels.api as sm  # heavy

    found = sm.Logit(y, sm.add_constant(x)).fit(disp=0)
    return float(found.params[1]), float(found.bse[1])


def one(folder: Path, n: int, seed: int) -> dict[str, tuple[float, float, float]]:
    """(slope, lower, upper) of each way."""
    x, tox = written(folder, n, seed)
    model, data = get_model("stein_2019"), read_data(folder / "kinetics.csv", Reading())
    data = join(data, read_endpoints(folder / "endpoints.csv"))
    how = {
        "random": {"c_max": SD},
        "residuals": (ResidualError("transgene", "lognormal", ERROR),),
        "smooth": 0.0,
    }
    joint = fit(joint_problem(model, data, ["TOX=binary:log(c_max/24000)"], **how), "laplace")
    slope = next(e for e in joint.estimates if e.name == "TOX slope")
    ends = (slope.lower, slope.upper) if slope.determined else (-np.inf, np.inf)
    found = {"joint": (slope.value, *ends)}
    alone = fit(new_problem(model, data, **how), "laplace")
    own = np.log(alone.individuals.values["c_max"] / C_MAX)
    rows = [alone.individuals.subjects.index(f"P{i}") for i in range(n)]
    for name, exposure in (("two stages", own[rows]), ("true exposures", x)):
        value, se = regression(exposure, tox)
        found[name] = (value, value - 1.96 * se, value + 1.96 * se)
    return found


def main() -> None:
    sets, n = (int(a) for a in (*sys.argv[1:], *("20", "60")[len(sys.argv) - 1 :]))
    begun, all_of = time.process_time(), []
    with tempfile.TemporaryDirectory() as folder:
        for k in range(sets):
            all_of.append(one(Path(folder), n, 1000 + k))
            print(k, {name: round(v[0], 3) for name, v in all_of[-1].items()}, flush=True)
    print(
        f"{sets} sets of {n} subjects, true slope {TRUTH[1]}; {(time.process_time() - begun) / sets:.1f} CPU "
        "s a set"
    )
    for name in all_of[0]:
        values = np.array([found[name] for found in all_of])
        bias, se = values[:, 0].mean() - TRUTH[1], values[:, 0].std(ddof=1) / np.sqrt(sets)
        held = int(((values[:, 1] <= TRUTH[1]) & (values[:, 2] >= TRUTH[1])).sum())
        middle = np.median(values[:, 0])
        print(
            f"{name:15s} bias {bias:+.3f} (Monte-Carlo SE {se:.3f}), median {middle:.3f}, interval holds "
            f"{held} of {sets}"
        )


if __name__ == "__main__":
    main()
