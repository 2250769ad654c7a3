"""The fit of an assay: what it sees, its columns, its error model, and that it finds what a plate was made
from."""

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.assay import (
    AssayPlan,
    Plate,
    assay_model,
    estimates_from,
    estimates_of,
    fit_assay,
    killing_pressure,
    observe,
)
from livingdrug.assay.climb import climb
from livingdrug.assay.errors import censored, errors_of
from livingdrug.assay.evaluate import Evaluator
from livingdrug.assay.plan import RANDOM, lay_out, outer_wells
from livingdrug.assay.rates import _fieller
from livingdrug.assay.start import spread_out
from livingdrug.assay.variances import restricted
from livingdrug.core.errors import InputError

LAWS = {"name": "exhaustion", "killing": "mass_action", "growth": "logistic"}
TRUE = {"growth": 0.03, "crowding": 1e-5, "k_kill": 1e-5, "net_growth": 0.025, "contact_loss": 1e-6}


def plate(
    seed=1, noise=0.05, constructs=("A", "B"), donors=("D1", "D2", "D3"), limit=25.0, factors=(1.0, 1.5)
):
    """Two rounds, counted every 8 hours, with truth in the model that is fitted; simulated data."""
    from livingdrug.assay.course import Course, Steps

    rng, model = np.random.default_rng(seed), assay_model(**LAWS)
    wells, rows = {k: [] for k in ("well", "role", "construct", "donor", "effectors", "targets")}, []
    for c, construct in enumerate((*constructs, "")):
        for donor in donors:
            for ratio in (4, 1, 0.25) if construct else (0, 0):
                name = "ABCDEFGH"[len(rows) % 8] + str(len(rows) // 8 + 1)
                sample = bool(construct)
                for key, value in zip(
                    wells,
                    (
                        name,
                        "sample" if sample else "target_alone",
                        construct,
                        donor if sample else "",
                        5000.0 * ratio,
                        5000.0,
                    ),
                    strict=True,
                ):
                    wells[key].append(value)
                rows.append(c)
    n, times = len(rows), np.arange(0.0, 49.0, 8.0)
    steps = Steps(np.array([24.0]), np.ones(1), np.array([5000.0]), np.zeros(1))
    kill = np.array([factors[c] if c < len(constructs) else 1.0 for c in rows])
    effect = {d: rng.normal(0, 0.08) for d in donors}
    kill = kill * np.exp([effect.get(d, 0.0) for d in wells["donor"]])
    values = {k: np.full(n, v) for k, v in TRUE.items()} | {"k_kill": TRUE["k_kill"] * kill}
    seeded = np.stack([np.maximum(wells["effectors"], 1e-9), wells["targets"]], axis=1)
    seeded *= np.exp(rng.normal(0, 0.04, seeded.shape))
    cells = Course(model, (steps,) * n, (times,) * n).solve(values, seeded).cells.reshape(n, len(times), 2)
    read = cells * np.exp(rng.normal(0, noise, cells.shape))
    columns = {k: [] for k in ("well", "time", "quantity", "value", "flag", "limit")}
    for w in range(n):
        for k, quantity in ((1, "targets"), (0, "effectors")):
            for i, time in enumerate(times):
                if quantity == "effectors" and (wells["effectors"][w] == 0 or i % 3):
                    continue
                low = read[w, i, k] < limit
                row = (w, time, quantity, np.nan if low else read[w, i, k], "below" if low else "", limit)
                for key, value in zip(columns, row, strict=True):
                    columns[key].append(value)
    events = {"well": range(n), "time": [24.0] * n, "kind": ["rechallenge"] * n, "targets": [5000.0] * n}
    return Plate.of("made", wells, columns, {k: list(v) for k, v in events.items()})


@pytest.fixture(scope="module")
def fitted():
    return fit_assay(AssayPlan(assay_model(**LAWS)), observe(plate()))


@pytest.fixture(scope="module")
def found(fitted):
    return estimates_of(fitted, LAWS)


def test_a_plate_gives_back_what_it_was_made_from(fitted, found):
    assert fitted.ended
    expected = {
        "k_kill A": 1e-5,
        "k_kill B": 1.5e-5,
        "growth": 0.03,
        "contact_loss A": 1e-6,
        "net_growth B": 0.025,
    }
    for name, value in expected.items():
        rate = next(r for r in found.rates if r.name == name)
        truth = np.log(value) if rate.log else value
        assert abs(rate.at - truth) < 4 * rate.se
    ratio = next(r for r in found.ratios("A") if r.rate == "k_kill")
    assert ratio.ratio == pytest.approx(1.5, rel=0.05)
    assert ratio.low < 1.5 < ratio.high


def test_the_error_model_is_that_of_the_plate(found):
    errors = dict(found.errors)
    assert errors["independent error of targets"] == pytest.approx(0.05, rel=0.25)
    assert errors["effectors seeded, between wells"] == pytest.approx(0.04, rel=0.6)


def test_levels_of_a_rate_know_no_more_than_three_donors_tell(found):
    assert all(r.df < 8 for r in found.rates if r.rate == "k_kill")
    a, b = found.position("k_kill", "A"), found.position("k_kill", "B")
    assert found.pair_df[a, b] > 15


def test_estimates_are_kept_as_text(found):
    again = estimates_from(found.as_json(), "x")
    assert again.rates == found.rates
    assert np.array_equal(again.covariance, found.covariance)
    with pytest.raises(InputError, match="fit again"):
        estimates_from("{}", "estimates.json")


def test_slopes_of_readings_are_those_of_differences(fitted):
    evaluator, columns, wells = fitted.evaluator, fitted.point.columns, fitted.point.wells
    middle = evaluator.expect(columns, wells)
    for j, column in enumerate(fitted.layout.columns):
        step = 1e-5 if column.log or column.kind == RANDOM else 1e-7
        move = step * (np.arange(len(columns)) == j)
        sides = [evaluator.expect(columns + side * move, wells).level for side in (1, -1)]
        expected = (sides[0] - sides[1]) / (2 * step)
        largest = np.abs(expected).max()
        assert middle.by_columns[:, j] == pytest.approx(expected, rel=1e-3, abs=1e-5 * largest + 1e-9)


def test_the_slope_of_reml_is_that_of_differences(fitted):
    near = restricted(fitted.evaluator, fitted.errors, fitted.numbers, fitted.point)
    at = fitted.numbers + 0.1
    slope = near.value_and_slope(at)[1]
    for i in range(len(at)):
        step = 1e-5 * (np.arange(len(at)) == i)
        expected = (near.value_and_slope(at + step)[0] - near.value_and_slope(at - step)[0]) / 2e-5
        assert slope[i] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_a_step_goes_to_the_best_point_of_the_joint_problem(fitted):
    """At the end no small change of columns or of the wells' own effects lowers the loss."""
    point, ended = climb(
        fitted.evaluator, fitted.errors, fitted.numbers, fitted.point.columns, fitted.point.wells
    )
    assert ended
    assert point.loss == pytest.approx(fitted.point.loss, abs=1e-3)


def test_a_censored_reading_counts_by_its_probability():
    from scipy.stats import norm

    seen = observe(plate(limit=600.0))
    logs = np.ones(len(seen.y), bool)
    beyond = np.flatnonzero(seen.kind != 0)
    assert len(beyond)
    level, sd = np.full(len(seen.y), np.log(700.0)), np.full(len(seen.y), 0.2)
    residual, extra, loss = censored(seen, level, logs, sd, np.zeros(len(sd)))
    z = (np.log(600.0) - level[beyond]) / 0.2
    assert loss[beyond] == pytest.approx(-2 * norm.logcdf(z))
    # a Newton step on the loss is a step on a reading with this residual and variance
    up, down = (-2 * norm.logcdf(z - side * 1e-4 / 0.2) for side in (1, -1))
    slope, bend = (up - down) / 2e-4, (up - 2 * loss[beyond] + down) / 1e-8
    assert -2 * residual[beyond] / extra[beyond] == pytest.approx(slope, rel=1e-5)
    assert 2 / extra[beyond] == pytest.approx(bend, rel=1e-2)


def test_lasting_errors_are_told_from_independent_ones():
    """A random walk in the readings of a well widens the interval of what is fitted to it."""
    rng = np.random.default_rng(3)
    times = np.arange(0.0, 60.0, 0.5)
    step = np.exp(-0.5 / 20)
    noise = [rng.normal(0, 0.06)]
    for _ in times[1:]:
        noise.append(step * noise[-1] + rng.normal(0, 0.06 * np.sqrt(1 - step**2)))
    grown = 5000 * np.exp(0.04 * times) / (1 + 1e-5 * 5000 * (np.exp(0.04 * times) - 1))
    made = Plate.of(
        "walk",
        {"well": ["A1"], "role": ["target_alone"]},
        {
            "well": [0] * len(times),
            "time": times,
            "quantity": ["cell_index"] * len(times),
            "value": grown * np.exp(noise) / 1e4,
        },
    )
    nothing = {"k_kill": 0.0, "net_growth": 0.0, "contact_loss": 0.0}
    fits = {
        kind: fit_assay(
            AssayPlan(assay_model(**LAWS), by=("well",), shared=(), errors=kind, fixed=nothing), observe(made)
        )
        for kind in ("correlated", "independent")
    }
    se = {kind: np.sqrt(fit.uncertainty.covariance[0, 0]) for kind, fit in fits.items()}
    assert se["correlated"] > 2.5 * se["independent"]
    errors = {
        v.name: np.exp(x)
        for v, x in zip(fits["correlated"].errors.variances, fits["correlated"].numbers, strict=True)
    }
    assert errors["lasting error of cell_index"] > 5 * errors["independent error of cell_index"]


def test_dense_readings_are_thinned_and_it_is_said():
    times = np.arange(0.0, 100.0, 0.25)
    made = Plate.of(
        "x",
        {"well": ["A1"], "role": ["target_alone"]},
        {"well": [0] * 400, "time": times, "quantity": ["cell_index"] * 400, "value": 1 + times},
    )
    seen = observe(made, most=50)
    assert len(seen.y) == 50
    assert (seen.time[0], seen.time[-1]) == (0.0, 99.75)
    assert any("50 of 400 readings" in note for note in seen.notes)
    assert any("1 cell index is taken as 10000 cells" in note for note in seen.notes)


def test_a_start_of_the_window_after_a_challenge_is_refused():
    with pytest.raises(InputError, match="start it earlier"):
        observe(plate(), first=32.0)


def test_readings_that_are_no_cells_need_a_factor():
    made = Plate.of(
        "x",
        {"well": ["A1"], "role": ["target_alone"]},
        {"well": [0, 0], "time": [0, 1], "quantity": ["luminescence"] * 2, "value": [10.0, 20.0]},
    )
    with pytest.raises(InputError, match="--per-cell luminescence"):
        observe(made)
    assert observe(made, per_cell={"luminescence": 0.002}).channels[0].per_cell == 0.002


def test_a_sample_without_effectors_is_refused():
    made = Plate.of(
        "x",
        {"well": ["B2"], "role": ["sample"]},
        {"well": [0], "time": [0], "quantity": ["targets"], "value": [10.0]},
    )
    with pytest.raises(InputError, match="B2.*effectors_seeded"):
        observe(made)


def test_a_count_of_zero_without_a_limit_is_refused():
    made = Plate.of(
        "x",
        {"well": ["B2"], "role": ["target_alone"], "targets": [100.0]},
        {"well": [0], "time": [3.0], "quantity": ["targets"], "value": [0.0]},
    )
    with pytest.raises(InputError, match="B2 at 3 h.*<25"):
        observe(made)


def test_constructs_of_one_donor_each_are_said_to_be_confounded():
    made = plate(constructs=("A", "B"), donors=("D1",))
    wells = {k: list(getattr(made.wells, k)) for k in ("well", "role", "construct", "effectors", "targets")}
    wells["donor"] = [{"A": "D1", "B": "D2"}.get(c, "") for c in wells["construct"]]
    columns = {k: getattr(made.readings, k) for k in ("well", "time", "quantity", "value", "flag", "limit")}
    layout = lay_out(AssayPlan(assay_model(**LAWS)), observe(Plate.of("x", wells, columns)))
    assert not any(c.kind == RANDOM for c in layout.columns)
    assert any("differences between donors" in note for note in layout.notes)


def test_unknown_rates_and_columns_are_refused():
    model = assay_model(**LAWS)
    with pytest.raises(InputError, match="k_kill"):
        AssayPlan(model, fixed={"k_kil": 1.0})
    with pytest.raises(InputError, match="construct"):
        AssayPlan(model, by=("constructs",))
    seen = observe(plate(constructs=("A",), donors=("D1",)))
    with pytest.raises(InputError, match="nothing is left"):
        fit_assay(AssayPlan(model, fixed=TRUE, donors=False, edge=False), seen)


def test_outer_wells_of_a_plate_of_96_and_of_384():
    assert outer_wells(["A5", "H2", "C1", "C12", "C11", "B2"]).tolist() == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    assert outer_wells(["A5", "H12", "C24", "P3", "B2"]).tolist() == [True, False, True, True, False]


def test_fieller_is_the_delta_method_where_the_denominator_is_certain():
    low, high = _fieller(3.0, 2.0, 0.04, 1e-12, 0.0, 2.0)
    assert (low, high) == pytest.approx((1.5 - 0.2, 1.5 + 0.2), rel=1e-5)
    assert np.isnan(_fieller(3.0, 0.1, 0.04, 0.04, 0.0, 2.0)[0])


def test_a_far_start_comes_to_the_same_end(fitted):
    far = spread_out(fitted.layout, {name: value * (3 if value > 0 else 1) for name, value in TRUE.items()})
    errors = errors_of(fitted.seen, fitted.layout)
    loose = np.log([0.5 if v.what == "independent error" else v.start for v in errors.variances])
    point, _ = climb(Evaluator(fitted.seen, fitted.layout), errors, loose, far, np.zeros((fitted.seen.n, 2)))
    k = fitted.layout.index("k_kill A")
    assert point.columns[k] == pytest.approx(fitted.point.columns[k], abs=0.3)


def test_small_counts_err_by_counting_too():
    """A tenth of the cells counted: a count of 100 cells stands for 10, and errs by a third."""
    seen = observe(plate(seed=3), counted=0.1)
    layout = lay_out(AssayPlan(assay_model(**LAWS)), seen)
    errors = errors_of(seen, layout)
    assert errors.counting(np.full(len(seen.y), np.log(100.0))) == pytest.approx(0.1)
    fit = fit_assay(AssayPlan(assay_model(**LAWS)), seen, start=dict(TRUE))
    assert fit.ended
    plain = fit_assay(AssayPlan(assay_model(**LAWS)), observe(plate(seed=3)), start=dict(TRUE))
    white = [float(np.exp(f.numbers[f.errors.find("independent error", "targets")])) for f in (fit, plain)]
    assert white[0] < white[1]
    with pytest.raises(InputError, match="0 to 1"):
        observe(plate(seed=3), counted=5.0)


def test_killing_pressure_is_the_difference_of_the_counts(fitted):
    seen = fitted.seen
    for p in killing_pressure(fitted):
        rows = (seen.time == p.hours) & (
            np.array([c.quantity for c in seen.channels])[seen.channel] == "targets"
        )
        role, ratio = (
            seen.column("role")[seen.well],
            np.round(seen.start[:, 0] / seen.start[:, 1], 4)[seen.well],
        )
        mine = rows & (fitted.groups[seen.well] == p.group) & (ratio == p.ratio)
        if (seen.kind[mine] != 0).any():
            continue
        y = np.log(seen.y)
        assert p.value == pytest.approx(
            (y[rows & (role == "target_alone")].mean() - y[mine].mean()) / p.hours, abs=0.006
        )
        assert p.low < p.value < p.high


def on_two_plates(made: Plate, second) -> Plate:
    """The same wells, those of which `second` is true on another plate."""
    names = np.where(second, "P2", "P1").astype(object)
    return replace(made, wells=replace(made.wells, plate=names))


def test_plates_may_differ_and_a_construct_on_each_has_an_interval_that_holds_both():
    made = plate()
    apart = on_two_plates(made, made.wells.construct == "B")
    plan = AssayPlan(assay_model(**LAWS), plates=True)
    layout = lay_out(plan, observe(apart))
    names = [c.name for c in layout.columns if c.component.startswith("plate")]
    assert "k_kill (plate P1)" in names and "growth (plate P2)" in names and not any("crowding" in n for n in names)
    assert any("each construct is on one plate" in note for note in layout.notes)
    assert not any(c.component.startswith("plate") for c in lay_out(AssayPlan(assay_model(**LAWS)), observe(apart)).columns)
    one = lay_out(plan, observe(made))
    assert not any(c.component.startswith("plate") for c in one.columns) and any("one plate" in n for n in one.notes)


def test_an_effect_of_a_plate_moves_its_wells_alone():
    made = plate()
    seen = observe(on_two_plates(made, np.arange(made.wells.n) % 2 == 1))
    layout = lay_out(AssayPlan(assay_model(**LAWS), plates=True), seen)
    evaluator, columns = Evaluator(seen, layout), spread_out(layout, TRUE)
    j = layout.index("k_kill (plate P2)")
    moved = columns.copy()
    moved[j] = 1e-4
    wells = np.zeros((seen.n, 2))
    base, other = evaluator.expect(columns, wells), evaluator.expect(moved, wells)
    change = (other.level - base.level) / 1e-4
    assert np.allclose(change, base.by_columns[:, j], atol=1e-3)
    own = seen.column("plate")[seen.well] == "P2"
    assert np.abs(change[own]).max() > 0.1 and np.abs(change[~own]).max() < 1e-6


def test_a_rate_that_readings_hardly_tell_does_not_hold_up_the_others(fitted):
    """A step stops at its end for one column alone: the others go as far as if that one were known."""
    from livingdrug.assay.climb import LONGEST, Linear, _change

    hessian, gradient = np.diag([4.0, 1e-9, 1.0]), np.array([2.0, 1.0, 0.5])
    hessian[0, 2] = hessian[2, 0] = 1.0
    near = Linear(np.empty(0), np.empty(0), np.empty(0), hessian, gradient)
    high = np.full(3, LONGEST)
    change = _change(near, np.ones(3, bool), 0.0, -high, high)
    assert change[1] == LONGEST
    assert change[[0, 2]] == pytest.approx(np.linalg.solve(hessian[np.ix_([0, 2], [0, 2])], gradient[[0, 2]]))
    # at its lowest value, and pulled lower by the others though its own slope points up
    hessian = np.array([[1.0, 0.9], [0.9, 1.0]])
    near = Linear(np.empty(0), np.empty(0), np.empty(0), hessian, np.array([1.0, 0.5]))
    change = _change(near, np.ones(2, bool), 0.0, np.array([-9.0, 0.0]), np.array([9.0, 9.0]))
    assert np.linalg.solve(hessian, [1.0, 0.5])[1] < 0 and change == pytest.approx([1.0, 0.0])


def test_a_search_that_goes_to_and_fro_determines_nothing(fitted):
    torn = estimates_of(replace(fitted, torn=True), LAWS)
    assert {r.status for r in torn.rates} == {"not determined"} and all(np.isnan(r.low) for r in torn.rates)
