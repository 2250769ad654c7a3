"""Start values from data: exact on exact curves, close on noisy ones, a reason where the data tell nothing."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from livingdrug import draw_subjects, get_model, read_data, simulate
from livingdrug.core.errors import InputError
from livingdrug.core.random import normals
from livingdrug.fit import STEIN, start_values
from livingdrug.fit.curve import NAMES, landmarks
from livingdrug.models.published.stein_2019 import TYPICAL

DAYS = np.array([0, 1, 3, 5, 7, 9, 11, 14, 17, 21, 28, 60, 90, 120, 180, 270, 365.0])
MODEL = get_model("stein_2019")


def curve(days=DAYS, limit=0.0, **values):
    """(time, value, cens) of the typical subject, or one with other values."""
    exact = simulate(MODEL.with_values(values), times=days).curve("transgene")
    below = exact < limit
    return days, np.where(below, limit, exact), below.astype(int)


def value_of(found, parameter):
    return getattr(found, STEIN[parameter]).value


@settings(max_examples=25, deadline=None)
@given(
    fold=st.floats(50.0, 1e5), t_max=st.floats(6.0, 13.0), c_max=st.floats(1e3, 1e5), alpha=st.floats(0.08, 0.4),
    f_b=st.floats(0.002, 0.05), beta=st.floats(0.001, 0.01),
)  # fmt: skip
def test_exact_curves_give_their_parameters(**truth):
    found = landmarks(*curve(**truth))
    for name, value in truth.items():
        assert value_of(found, name) == pytest.approx(value, rel=0.01), name
    assert found.doubling.value == pytest.approx(np.log(2) * truth["t_max"] / np.log(truth["fold"]), rel=0.01)


@pytest.mark.parametrize("limit", [50.0, 150.0])
def test_values_below_the_limit_are_not_taken_as_numbers(limit):
    # the early rise lies below the limit (as does, at 150, all after day 90): the rest still gives the same numbers
    time, value, cens = curve(limit=limit)
    assert cens[0] == 1
    found = landmarks(time, value, cens)
    for name in ("fold", "t_max", "c_max", "alpha"):
        assert value_of(found, name) == pytest.approx(TYPICAL[name], rel=0.05), name
    # and what is written in the censored rows beyond the limit changes nothing as long as the curve lies below it
    higher = np.where(cens == 1, 1.5 * value, value)
    assert landmarks(time, higher, cens) == found


def test_a_limit_bends_the_curve_only_where_it_must():
    # two late values below a limit that the extrapolated slope would pass above: the fit has to go below them
    time = np.array([0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0])
    value = np.array([1.0, 10.0, 100.0, 60.0, 36.0, 5.0, 5.0])
    free = landmarks(time[:5], value[:5], np.zeros(5, dtype=int)).contraction.value
    bound = landmarks(time, value, np.array([0, 0, 0, 0, 0, 1, 1])).contraction.value
    assert free == pytest.approx(np.log(100 / 36) / 4, rel=0.05) and bound > 1.1 * free


def noisy(tmp_path, n=60, seed=7, limit=50.0, days=DAYS):
    """A data file of n subjects with the published spread (SD) and residual error."""
    subjects = draw_subjects(MODEL, n, seed, "sd")
    exact = simulate(MODEL, subjects, times=days)
    lines = ["ID,TIME (d),DV (copies/ug),CENS,LIMIT"]
    for i in (i for i in range(n) if exact.status[i] == "ok"):
        level = exact.curve("transgene", i) * np.exp(0.56 * normals(seed, f"residual {i}", 0, len(days)))
        pairs = zip(days, level.tolist(), strict=True)
        lines += [f"{i + 1},{t:g},{max(y, limit)!r},{int(y < limit)},{limit}" for t, y in pairs]
    path = tmp_path / "noisy.csv"
    path.write_text("\n".join(lines) + "\n")
    return read_data(path), subjects, [i for i in range(n) if exact.status[i] == "ok"]


def test_typical_values_of_noisy_subjects(tmp_path):
    data, subjects, kept = noisy(tmp_path)
    found = start_values(MODEL, data)
    assert {s.origin for s in found.values} == {"data"} and [s.name for s in found.values] == list(STEIN)
    # stated error: a factor 1.35 of the subjects' own median, 2 for the fold, the fraction and the slow rate
    for start in found.values:
        own = np.exp(np.median(np.log(subjects.values[start.name][kept])))
        factor = {"fold": 2.0, "f_b": 2.0, "beta": 2.0}.get(start.name, 1.35)
        assert 1 / factor < start.value / own < factor, start
        # a spread is between half and three times the one drawn: residual error adds to it
        drawn = np.std(np.log(subjects.values[start.name][kept]))
        assert 0.5 * drawn < start.log_sd < 3 * drawn, start


def test_without_late_samples_the_slow_rate_is_the_published_one(tmp_path):
    data, *_ = noisy(tmp_path, n=8, limit=1e-3, days=DAYS[:9])
    found = {s.name: s for s in start_values(MODEL, data).values}
    beta = found["beta"]
    assert beta.origin == "published" and beta.value == TYPICAL["beta"] and beta.log_sd is None and beta.subjects == 0
    assert "published value, as no curve tells it" in beta.note and "slow phase" in beta.note and "Stein" in beta.note
    assert found["alpha"].origin == "data"


BAD = {
    "one sample": ([5.0], [100.0], [0], "one sample tells neither a peak nor a slope"),
    "all below": ([0.0, 7.0, 14.0], [50.0, 50.0, 50.0], [1, 1, 1], "every value is below the limit"),
    "before the infusion": ([-2.0], [100.0], [0], "there is no value after the infusion"),
    "still rising": ([0.0, 3.0, 7.0], [10.0, 100.0, 1000.0], [0, 0, 0], "the highest value is the last one"),
    "only falling": ([1.0, 7.0, 14.0], [1000.0, 100.0, 10.0], [0, 0, 0], "the highest value is the first one"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_curves_give_reasons_not_numbers(case):
    time, value, cens, why = BAD[case]
    found = landmarks(np.array(time), np.array(value), np.array(cens))
    assert found.peak.value is None and found.peak_time.value is None and why in found.peak.why
    for name in NAMES:
        told = getattr(found, name)
        assert (told.value is None) == bool(told.why), name
        assert told.value is None or np.isfinite(told.value), name
    if case == "still rising":
        assert found.growth.value == pytest.approx(np.log(100) / 7, rel=0.02) and found.contraction.value is None
    if case == "only falling":
        assert found.contraction.value == pytest.approx(np.log(100) / 13, rel=0.02) and found.growth.value is None


@settings(max_examples=60, deadline=None)
@example([(1.0, 25331.0, 0), (1.0, 1.0, 0), (28.0, 1.0, 0), (40.0, 25331.0, 0), (1.0, 1.0, 0)])
@given(st.lists(st.tuples(st.floats(0.1, 40.0), st.floats(1e-3, 1e8), st.sampled_from([0, 0, 0, 1, -1])), max_size=14))
def test_any_curve_gives_finite_numbers_or_reasons(rows):
    gaps, values, kinds = zip(*rows, strict=True) if rows else ((), (), ())
    found = landmarks(np.cumsum(gaps), np.array(values), np.array(kinds, dtype=int))
    for name in NAMES:
        told = getattr(found, name)
        assert (told.value is None) == bool(told.why), (name, told)
        assert told.value is None or (np.isfinite(told.value) and told.value >= 0), (name, told)


def test_any_model_by_naming_what_starts_what(tmp_path):
    data, *_ = noisy(tmp_path, n=12)
    model = get_model("stein_2019_ode")
    found = start_values(model, data, {"t_max": "peak_time", "alpha": "contraction"})
    assert list(found.typical) == ["t_max", "alpha"] and set(found.log_sds) == {"t_max", "alpha"}
    assert model.with_values(found.typical).typical["alpha"] == found.typical["alpha"]
    assert set(found.table()["origin"]) == {"data"} and len(found.curve_table()) == 12 * len(NAMES)


def test_what_cannot_start_is_refused(tmp_path):
    data, *_ = noisy(tmp_path, n=2)
    with pytest.raises(InputError, match=r"no parameter `fold`.*landmarks: lag, growth"):
        start_values(get_model("singh_2021"), data)
    with pytest.raises(InputError, match="unknown landmark `grwth`; did you mean `growth`"):
        start_values(MODEL, data, {"alpha": "grwth"})
    with pytest.raises(InputError, match=r"holds copies/ug and `kirouac_2023` predicts cells/uL.*unit conversion"):
        start_values(get_model("kirouac_2023"), data, {"mu_memory": "growth"})
    with pytest.raises(InputError, match="unknown output `flow`"):
        start_values(MODEL, data, output="flow")
    with pytest.raises(InputError, match="counts time in d and `carrgo_restimulation` in h"):
        start_values(get_model("carrgo_restimulation"), data, {"k_kill": "contraction"})
