"""Models of killing assays: closed forms, the course over rounds, and its derivatives."""

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.assay import assay_model
from livingdrug.assay.course import Course, Steps
from livingdrug.assay.laws import EFFECTOR, GROWTH, KILLING, NAMED, is_signed
from livingdrug.core.errors import InputError

NONE = Steps(np.array([]), np.array([]), np.array([]), np.array([]))


def course(model, times, steps=NONE) -> Course:
    return Course(model, (steps,), (np.asarray(times, dtype=float),))


def values(model, **changes) -> dict[str, np.ndarray]:
    return {name: np.array([changes.get(name, value)]) for name, value in model.typical.items()}


def start(model, effectors, targets) -> np.ndarray:
    return np.array(
        [[{"effectors": effectors, "targets": targets}.get(s.name, 0.0) for s in model.system.states]]
    )


def test_logistic_growth_without_effectors_is_the_closed_form():
    model, times = assay_model("carrgo"), np.array([0.0, 10.0, 50.0])
    found = course(model, times).solve(values(model, k_kill=0.0), start(model, 1e-9, 2000.0), rtol=1e-11)
    grown = np.exp(0.03 * times)
    expected = 2000 * grown / (1 + 1e-5 * 2000 * (grown - 1))
    assert found.cells[:, 1] == pytest.approx(expected, rel=1e-9)


def test_gompertz_growth_is_the_closed_form():
    model, times = assay_model("carrgo", growth="gompertz"), np.array([5.0, 100.0])
    found = course(model, times).solve(values(model, k_kill=0.0), start(model, 1e-9, 2000.0), rtol=1e-11)
    expected = 1e5 * np.exp(np.log(2000 / 1e5) * np.exp(-0.01 * times))
    assert found.cells[:, 1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("killing", [law for law in KILLING if law not in ("mass_action", "holling_3", "ratio")])
def test_laws_of_killing_are_mass_action_where_they_do_not_saturate(killing):
    plain, model = assay_model("carrgo"), assay_model("carrgo", killing)
    half = next(name for name in model.typical if name.startswith("half"))
    times = np.array([6.0, 24.0])
    wide = course(model, times).solve(values(model, **{half: 1e14}), start(model, 4000.0, 5000.0), rtol=1e-11)
    expected = course(plain, times).solve(values(plain), start(plain, 4000.0, 5000.0), rtol=1e-11)
    assert wide.cells == pytest.approx(expected.cells, rel=1e-8)


def test_killing_of_hollings_third_kind_has_a_highest_rate_and_is_slow_among_few_targets():
    model = assay_model("carrgo", "holling_3", "exponential")
    given = values(model, growth=0.0, k_expand=0.0, effector_death=0.0, kill_max=0.2)
    many, few = start(model, 100.0, 1e6), start(model, 100.0, 10.0)
    found = course(model, [10.0]).solve(given | {"half_targets": np.array([1.0])}, many, rtol=1e-11)
    assert found.cells[0, 1] == pytest.approx(1e6 - 0.2 * 100 * 10, rel=1e-6)  # every effector kills 0.2 per h
    found = course(model, [10.0]).solve(given | {"half_targets": np.array([1e6])}, few, rtol=1e-11)
    # dx/dt = -kill_max y x^2 / half^2
    assert found.cells[0, 1] == pytest.approx(1 / (1 / 10 + 0.2 * 100 * 10 / 1e12), rel=1e-8)


def test_ratio_killing_has_a_highest_rate():
    model = assay_model("carrgo", "ratio", "exponential")
    given = values(model, half_ratio=1e-4, k_expand=0.0, effector_death=0.0)
    found = course(model, [10.0]).solve(given, start(model, 1e5, 100.0), rtol=1e-11)
    assert found.cells[0, 1] == pytest.approx(100 * np.exp((0.03 - 0.1) * 10), rel=1e-5)


def test_exhausted_effectors_are_kept_where_nothing_grows_or_recovers():
    model = assay_model("reversible_exhaustion")
    given = values(model, net_growth=0.0, recovery=0.0, growth=0.0)
    found = course(model, [5.0, 30.0]).solve(given, start(model, 5000.0, 5000.0), rtol=1e-11)
    assert found.cells[:, 0] + found.cells[:, 2] == pytest.approx([5000.0, 5000.0], rel=1e-9)


def test_dexamethasone_goes_on_decaying_through_a_step():
    """A step that changes nothing must not start the drug anew."""
    model = assay_model("dexamethasone")
    nothing = Steps(np.array([4.0]), np.array([1.0]), np.array([0.0]), np.array([0.0]))
    times = [2.0, 4.0, 9.0]
    one = course(model, times).solve(values(model), start(model, 2000.0, 5000.0), rtol=1e-11)
    two = course(model, times, nothing).solve(values(model), start(model, 2000.0, 5000.0), rtol=1e-11)
    assert two.cells == pytest.approx(one.cells, rel=1e-9)


def test_a_step_keeps_a_part_and_adds_cells_after_the_reading():
    model = assay_model("exhaustion")
    steps = Steps(np.array([10.0]), np.array([1 / 3]), np.array([5000.0]), np.array([100.0]))
    still = values(model, growth=0.0, k_kill=0.0, net_growth=0.0, contact_loss=0.0)
    found = course(model, [10.0, 10.5], steps).solve(still, start(model, 3000.0, 600.0))
    assert found.cells[0] == pytest.approx([3000.0, 600.0], rel=1e-7)
    assert found.cells[1] == pytest.approx([1100.0, 5200.0], rel=1e-7)


MIXED = [
    *((name, "mass_action", "logistic") for name in NAMED),
    ("carrgo", "ratio", "gompertz"),
    ("exhaustion", "saturating_effectors", "exponential"),
]


@pytest.mark.parametrize(("name", "killing", "growth"), MIXED)
def test_slopes_through_two_rounds_are_those_of_differences(name, killing, growth):
    model = assay_model(name, killing, growth)
    steps = Steps(np.array([12.0]), np.array([0.5]), np.array([3000.0]), np.array([0.0]))
    run, given, first = course(model, [6.0, 12.0, 20.0], steps), values(model), start(model, 1500.0, 4000.0)
    found = run.solve(given, first, rtol=1e-11)
    for j, by in enumerate(run.by):
        size = float(given[by][0]) if by in run.rates else 1000.0
        step = 1e-5 * size
        sides = []
        for side in (step, -step):
            moved, begin = dict(given), first.copy()
            if by in run.rates:
                moved[by] = moved[by] + side
            else:
                begin[0, run.states.index(by[:-2])] += side
            if begin.min() < 0:
                break
            sides.append(run.solve(moved, begin, rtol=1e-12).cells)
        if len(sides) == 2:
            expected = (sides[0] - sides[1]) / (2 * step)
            assert found.slopes[:, :, j] == pytest.approx(
                expected, rel=2e-4, abs=1e-7 * np.abs(expected).max()
            )


def test_every_law_makes_a_model_that_fits_together():
    for name, named in NAMED.items():
        assert named.effectors in EFFECTOR
        for killing in KILLING:
            for growth in GROWTH:
                assert assay_model(name, killing, growth).system.states


def test_unknown_words_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="carrgo"):
        assay_model("cargo")
    with pytest.raises(InputError, match="mass_action"):
        assay_model("carrgo", "mass action")
    assert is_signed(assay_model("exhaustion"), "net_growth")
    assert replace(assay_model("carrgo"), name="x").name == "x"
