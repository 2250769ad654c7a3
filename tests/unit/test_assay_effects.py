"""Doses as covariates of rates, readings whose factor per cell is estimated, and counts that are negative binomial."""

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.assay import AssayPlan, Plate, assay_model, estimates_of, fit_assay, killing_pressure, observe
from livingdrug.assay.course import Course, Steps
from livingdrug.assay.errors import negative_binomial
from livingdrug.assay.evaluate import Evaluator
from livingdrug.assay.plan import lay_out
from livingdrug.core.errors import InputError

LAWS = {"name": "carrgo", "killing": "mass_action", "growth": "exponential"}
TRUE = {"growth": 0.03, "k_kill": 1e-5, "k_expand": 2e-6, "effector_death": 0.01}
DOSES = (0.0, 1.0, 10.0, 100.0)


def plate(form="inhibition", number=10.0, doses=DOSES, quantity="targets", per_cell=1.0, seed=1, noise=0.05):
    """Two wells of each E:T ratio and dose, and four with targets alone; simulated with the model that is fitted."""
    rng, model = np.random.default_rng(seed), assay_model(**LAWS)
    kinds = [(ratio, dose) for dose in doses for ratio in (0.25, 1.0) for _ in range(2)] + [(0.0, 0.0)] * 4
    dose = np.array([d for _, d in kinds])
    factor = 1 / (1 + dose / number) if form == "inhibition" else number ** (dose / max(doses))
    values = {k: np.full(len(kinds), v) for k, v in TRUE.items()} | {"k_kill": TRUE["k_kill"] * factor}
    times, steps = np.arange(0.0, 49.0, 8.0), Steps(*(np.array([]) for _ in range(4)))
    seeded = np.array([[max(5000 * r, 1e-9), 5000.0] for r, _ in kinds])
    cells = Course(model, (steps,) * len(kinds), (times,) * len(kinds)).solve(values, seeded).cells
    cells = cells.reshape(len(kinds), len(times), 2)
    rows = [
        (w, t, name, factor_of * cells[w, i, k] * np.exp(rng.normal(0, noise)))
        for w, (r, _) in enumerate(kinds)
        for k, name, factor_of in ((1, quantity, per_cell), (0, "effectors", 1.0))
        for i, t in enumerate(times)
        if name != "effectors" or (r > 0 and i % 3 == 0)
    ]
    wells = {
        "well": [f"{'BCDEFG'[w % 6]}{2 + w // 6}" for w in range(len(kinds))],
        "role": ["sample" if r else "target_alone" for r, _ in kinds],
        "construct": ["CAR" if r else "" for r, _ in kinds],
        "effectors": [5000 * r for r, _ in kinds],
        "targets": [5000.0] * len(kinds),
        "treatment": ["drug" if d else "" for _, d in kinds],
        "dose": dose,
    }
    return Plate.of("made", wells, dict(zip(("well", "time", "quantity", "value"), zip(*rows, strict=True), strict=True)))


def plan(**more) -> AssayPlan:
    return AssayPlan(assay_model(**LAWS), by=("all",), edge=False, errors="independent", seeding=0.0, **more)


@pytest.mark.parametrize(
    ("form", "number", "name"), [("inhibition", 10.0, "k_kill IC50"), ("linear", 0.2, "k_kill factor at dose 100")]
)
def test_the_effect_of_a_dose_is_found_with_its_interval(form, number, name):
    found = estimates_of(fit_assay(plan(dose={"k_kill": form}), observe(plate(form, number))), LAWS)
    effect = found.of(name, "")
    assert effect.status == "determined" and effect.low < number < effect.high
    assert effect.value == pytest.approx(number, rel=0.1)
    assert found.of("k_kill", "").low < TRUE["k_kill"] < found.of("k_kill", "").high  # without the drug
    assert any("without the drug" in note for note in found.notes)
    # left out, the drug is taken for less killing in all wells, which is said
    without = estimates_of(fit_assay(plan(), observe(plate(form, number))), LAWS)
    assert without.of("k_kill", "").high < TRUE["k_kill"]
    assert any("different treatments are fitted as if" in note for note in without.notes)
    assert not any("different treatments" in note for note in found.notes)


def test_slopes_by_doses_and_by_what_a_cell_gives_are_those_of_differences():
    seen = observe(plate(quantity="cell_index", per_cell=2e-4), unknown_scale=("cell_index",))
    layout = lay_out(plan(dose={"k_kill": "inhibition", "growth": "linear"}), seen)
    evaluator = Evaluator(seen, layout)
    start = {name: np.log(value) for name, value in TRUE.items()}
    at = np.array([start.get(c.rate, 0.0) if not c.shown else 0.3 for c in layout.columns])
    shown = [j for j, c in enumerate(layout.columns) if c.shown]
    assert len(shown) == 3
    slopes = evaluator.expect(at, np.zeros((seen.n, 2))).by_columns
    for j in shown:
        step = 1e-4 * np.eye(len(at))[j]
        up, down = (evaluator.expect(at + side * step, np.zeros((seen.n, 2))).level for side in (1, -1))
        assert slopes[:, j] == pytest.approx((up - down) / 2e-4, rel=1e-4, abs=1e-6)


def test_the_killing_pressure_beside_an_effect_of_a_dose_is_that_without_the_drug():
    by = {dose: observe(plate(doses=dose)) for dose in (DOSES, (0.0,))}
    mixed = killing_pressure(fit_assay(plan(dose={"k_kill": "inhibition"}), by[DOSES]))
    alone = killing_pressure(fit_assay(plan(), by[0.0,]))
    assert [p.ratio for p in mixed] == [p.ratio for p in alone] == [1.0, 0.25]
    for a, b in zip(mixed, alone, strict=True):
        assert a.value == pytest.approx(b.value, rel=0.1)


@pytest.mark.parametrize(
    ("doses", "asked", "said"),
    [
        ((0.0, 0.0), {"k_kill": "linear"}, "the same dose"),
        ((np.nan, np.nan), {"k_kill": "linear"}, "add the column `dose`"),
        (DOSES, {"k_kill": "cubic"}, "effect of a dose"),
        (DOSES, {"kill": "linear"}, "depend on a dose"),
    ],
)
def test_doses_that_tell_nothing_are_refused(doses, asked, said):
    made = plate(doses=(0.0, 0.0))
    if np.isnan(doses[0]):
        made = replace(made, wells=replace(made.wells, dose=np.full(made.wells.n, np.nan)))
    with pytest.raises(InputError, match=said):
        lay_out(plan(dose=asked), observe(made))


def test_a_treated_well_without_a_dose_and_two_drugs_are_refused():
    made = plate()
    lost, two = made.wells.dose.copy(), made.wells.treatment.copy()
    lost[5], two[5] = np.nan, "other 3 nM"
    for wells, said in ((replace(made.wells, dose=lost), "well G2"), (replace(made.wells, treatment=two), "several drugs")):
        with pytest.raises(InputError, match=said):
            lay_out(plan(dose={"k_kill": "linear"}), observe(replace(made, wells=wells)))


def test_what_a_cell_gives_is_estimated_where_seeded_cells_show_it():
    made = plate(doses=(0.0,), quantity="cell_index", per_cell=2e-4)
    found = estimates_of(fit_assay(plan(), observe(made, unknown_scale=("cell_index",))), LAWS)
    per_cell = found.of("cell_index per cell", "")
    assert per_cell.unit == "CI/cell" and per_cell.low < 2e-4 < per_cell.high and per_cell.status == "determined"
    expand = found.of("k_expand", "")
    assert expand.low < TRUE["k_expand"] < expand.high
    assert any("attached" in note for note in found.notes)
    # as if 1 index were 10,000 cells, expansion per target is half of what it is
    taken = estimates_of(fit_assay(plan(), observe(made)), LAWS)
    assert taken.of("k_expand", "").high < TRUE["k_expand"] < 3 * taken.of("k_expand", "").value


def test_what_a_cell_gives_is_refused_where_it_stands_in_for_rates():
    made = plate(doses=(0.0,), quantity="cell_index", per_cell=2e-4)
    with pytest.raises(InputError, match="confounded with the rates per cell"):
        observe(made, first=8.0, unknown_scale=("cell_index",))
    with pytest.raises(InputError, match="cannot be estimated"):
        observe(made, unknown_scale=("effectors",))


def grown(seed=2, part=0.01) -> Plate:
    """Targets alone that grow from 100 cells, of which 1 % are counted: few, and sometimes none; simulated."""
    rng = np.random.default_rng(seed)
    rows = []
    for w in range(3):
        for t in np.arange(0.0, 25.0, 3.0):
            mean = part * 100 * np.exp(0.04 * t)
            rows.append((w, t, "targets", rng.poisson(mean * rng.gamma(10, 0.1)) / part))
    wells = {"well": ["B2", "B3", "B4"], "role": ["target_alone"] * 3, "targets": [100.0] * 3}
    return Plate.of("made", wells, dict(zip(("well", "time", "quantity", "value"), zip(*rows, strict=True), strict=True)))


def test_negative_binomial_counts_give_the_estimate_of_highest_probability():
    from scipy.optimize import minimize_scalar
    from scipy.stats import nbinom

    made = grown()
    assert (made.readings.value == 0).any()
    nothing = {name: 0.0 for name in TRUE if name != "growth"}
    fit = fit_assay(plan(fixed=nothing), observe(made, counted=0.01, counts="negative_binomial"))
    dispersion = float(np.exp(2 * fit.numbers[fit.errors.find("independent error", "targets")]))
    n, t = np.round(0.01 * made.readings.value), made.readings.time

    def loss(growth):
        k, mean = 1 / dispersion, np.exp(growth * t)
        return -2 * nbinom.logpmf(n, k, k / (k + mean)).sum()

    best = minimize_scalar(loss, bounds=(0.01, 0.1), method="bounded", options={"xatol": 1e-9})
    assert fit.value(fit.rates()[0]) == pytest.approx(best.x, rel=1e-4)
    assert fit.point.loss == pytest.approx(best.fun, rel=1e-6)
    assert np.isfinite(fit.residuals()).all()
    assert negative_binomial(n, np.exp(0.04 * t), np.full(len(n), dispersion)).sum() == pytest.approx(loss(0.04))
    # without dispersion: Poisson
    assert negative_binomial(np.array([3.0]), np.array([2.0]), np.array([0.0]))[0] == pytest.approx(3.4247, abs=1e-3)


def test_counts_of_zero_need_a_distribution_that_has_them():
    with pytest.raises(InputError, match="--counted-part"):
        observe(grown(), counts="negative_binomial")
    with pytest.raises(InputError, match="--count-errors"):
        observe(grown(), counted=0.01)
