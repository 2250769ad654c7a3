"""Doses, infusions, repeats, steady states and resets: closed forms, properties, and what is refused."""

import math

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.models import Flow, Model, Quantity, Source, State, Structure, Values, get_fragment, get_model
from livingdrug.simulation import Dose, Regimen, Reset, Subjects, read_dose, simulate

K, KA, V_MAX, KM = 0.2, 1.1, 3.0, 2.0


def drug(elimination="k * central"):
    """Absorption (a pool) and one compartment."""
    structure = Structure(
        states=(State("depot", "1", "to be absorbed", ("infused",)), State("central", "1", "in the body", ("drug",))),
        flows=(
            Flow("absorption", "ka * depot", "exchange", out_of="depot", into="central"),
            Flow("elimination", elimination, "clearance", out_of="central"),
        ),
        quantities=(
            Quantity("k", "1/h", "elimination rate", bound="any"), Quantity("ka", "1/h", "absorption rate"),
            Quantity("v_max", "1/h", "largest elimination"), Quantity("km", "1", "amount of half that"),
            Quantity("delay", "h", "lag", bound="any"), Quantity("part", "1", "bioavailability"),
            Quantity("length", "h", "duration"), Quantity("speed", "1/h", "rate of infusion"),
        ),
        dose_into="central",
        time_unit="h",
    )  # fmt: skip
    values = {"k": K, "ka": KA, "v_max": V_MAX, "km": KM, "delay": 1.5, "part": 0.4, "length": 3.0, "speed": 5.0}
    return Model("drug", "a drug", structure, (Values("v", Source("test"), values),))


LINEAR, SATURABLE = drug(), drug("v_max * central / (km + central)")
ENDOGENOUS = drug("k * (central - 1)")


def central(regimen, times, model=LINEAR, subjects=None):
    return simulate(model, subjects, regimen, times, max(times) + 1.0, ["central"], rtol=1e-10).values[:, 0]


def infusion(rate, duration, t):
    """Amount t after the start of an infusion into one compartment."""
    t = np.asarray(t)
    during = rate / K * -np.expm1(-K * np.clip(t, 0, duration))
    return during * np.exp(-K * np.clip(t - duration, 0, None))


TIMES = np.array([0.5, 2.0, 3.7, 8.0, 13.0, 24.0, 31.0])


def test_an_infusion_is_its_closed_form():
    expected = infusion(20.0, 5.0, TIMES)
    for dose in (Dose(100, duration=5.0, into="central"), Dose(100, rate=20.0)):
        np.testing.assert_allclose(central([dose], TIMES)[0], expected, rtol=1e-8)


def test_repeats_and_lag_are_sums_of_shifted_doses():
    starts = 1.0 + 0.7 + 6.0 * np.arange(4)
    expected = [np.exp(-K * (t - starts[starts < t])).sum() * 10 for t in TIMES]
    np.testing.assert_allclose(central([Dose(10, 1.0, repeats=3, every=6.0, lag=0.7)], TIMES)[0], expected, rtol=1e-8)


def test_a_fraction_scales_the_rate_of_a_given_duration_and_the_duration_of_a_given_rate():
    for dose, rate, duration in (
        (Dose(100, duration=5.0, fraction=0.4), 8.0, 5.0),
        (Dose(100, rate=20.0, fraction=0.4), 20.0, 2.0),
        (Dose(100, duration=5.0, fraction=1.5), 30.0, 5.0),
    ):
        np.testing.assert_allclose(central([dose], TIMES)[0], infusion(rate, duration, TIMES), rtol=1e-8)


def test_peak_and_area_of_an_infusion_are_exact():
    result = simulate(LINEAR, regimen=[Dose(100, duration=5.0)], until=200.0, outputs=["central"], rtol=1e-10)
    assert result.metric("central", "TMAX")[0] == pytest.approx(5.0)
    assert result.metric("central", "CMAX")[0] == pytest.approx(infusion(20.0, 5.0, 5.0), rel=1e-8)
    assert result.metric("central", "AUC")[0] == pytest.approx(100 / K, rel=1e-8)


def test_steady_state_of_boluses_and_infusions_is_the_closed_form():
    decay = math.exp(-K * 6.0)
    bolus = central([Dose(10, every=6.0, steady_state="replace")], [0.0, 4.0])[0]
    np.testing.assert_allclose(bolus, 10 / (1 - decay) * np.exp(-K * np.array([0.0, 4.0])), rtol=1e-7)
    infused = central([Dose(10, duration=2.0, every=6.0, steady_state="replace")], [0.0, 2.0])[0]
    top = 5 / K * -math.expm1(-K * 2.0) / (1 - decay)
    np.testing.assert_allclose(infused, [top * math.exp(-K * 4.0), top], rtol=1e-7)


@pytest.mark.parametrize("model", [LINEAR, SATURABLE, ENDOGENOUS], ids=["linear", "saturable", "endogenous"])
@pytest.mark.parametrize(
    "dose",
    [
        {}, {"duration": 2.0}, {"duration": 12.0}, {"duration": 20.0}, {"lag": 4.0}, {"lag": 6.0}, {"lag": 15.0},
        {"duration": 4.0, "lag": 4.0}, {"duration": 15.0, "lag": 8.0}, {"into": "depot", "duration": 8.0}, {"into": "depot"},
        {"rate": 2.0, "fraction": 0.9},
    ],
    ids=lambda d: ",".join(f"{k}={v}" for k, v in d.items()) or "bolus",
)  # fmt: skip
def test_steady_state_is_where_a_long_series_of_doses_leads(dose, model):
    given = {"amount": 7.0, "every": 6.0, **dose}
    series = 100
    times = np.array([0.0, 1.0, 3.0, 5.9, 7.0, 9.0, 14.0, 20.0, 23.0])
    # just after a dose at time 0, as the value at a later dose is the one before it
    times[0] = 1e-9
    long = central([Dose(**given, repeats=series + 2)], times + series * 6.0, model)[0]
    steady = central([Dose(**given, repeats=2, steady_state="replace")], times, model)[0]
    np.testing.assert_allclose(steady, long, rtol=2e-6)


@pytest.mark.parametrize("dose", [{}, {"duration": 2.0}, {"duration": 20.0}, {"lag": 15.0}])
def test_a_steady_state_profile_is_periodic(dose):
    times = np.linspace(0.1, 5.9, 7)
    steady = Dose(7.0, every=6.0, repeats=9, steady_state="replace", **dose)
    curve = central([steady], [*times, *(times + 48.0)], SATURABLE)[0]
    np.testing.assert_allclose(curve[:7], curve[7:], rtol=1e-6)


def test_a_steady_state_can_begin_later_and_drops_what_was_given_before():
    steady = Dose(10, every=6.0, repeats=2, steady_state="replace")
    later = Dose(10, 9.0, every=6.0, repeats=2, steady_state="replace")
    before = [Dose(50, 2.0), Dose(30, 3.0, duration=20.0), Dose(1, 4.0, repeats=9, every=3.0), Dose(5, 8.0, lag=4.0)]
    np.testing.assert_allclose(central([*before, later], TIMES + 9.0)[0], central([steady], TIMES)[0], rtol=1e-6)


@pytest.mark.parametrize("dose", [{}, {"duration": 2.0}, {"duration": 20.0, "lag": 8.0}])
def test_an_added_steady_state_is_superposed(dose):
    steady = Dose(7.0, every=6.0, repeats=2, steady_state="replace", **dose)
    added = Dose(7.0, 3.0, every=6.0, repeats=2, steady_state="add", **dose)
    other = [Dose(40, duration=9.0), Dose(5, repeats=4, every=5.0, into="depot")]
    both = central([*other, added], TIMES + 3.0)[0]
    expected = central(other, TIMES + 3.0)[0] + central([steady], TIMES)[0]
    np.testing.assert_allclose(both, expected, rtol=1e-6)


def test_a_constant_infusion_for_ever_ends_at_the_dose_or_its_lag():
    for lag in (0.0, 2.0):
        constant = Dose(0, rate=6.0, lag=lag, steady_state="replace")
        expected = 6.0 / K * np.exp(-K * np.clip(TIMES - lag, 0, None))
        np.testing.assert_allclose(central([constant], TIMES)[0], expected, rtol=1e-7)
    goes_on = [Dose(0, rate=6.0, steady_state="replace"), Dose(6.0 * 40, rate=6.0)]
    np.testing.assert_allclose(central(goes_on, TIMES)[0], 6.0 / K, rtol=1e-7)


def test_doses_of_a_linear_model_superpose():
    parts = [
        [Dose(10, 1.0, repeats=2, every=7.0, lag=0.5)], [Dose(30, 2.0, duration=15.0)], [Dose(4, rate=1.0, into="depot")],
        [Dose(3, 5.0, into="depot", fraction=0.7)],
    ]  # fmt: skip
    together = central([dose for part in parts for dose in part], TIMES)[0]
    np.testing.assert_allclose(together, sum(central(part, TIMES)[0] for part in parts), rtol=1e-8)


def test_two_halves_at_one_time_are_the_whole():
    whole, halves = [Dose(10, 3.0)], [Dose(5, 3.0), Dose(5, 3.0)]
    np.testing.assert_array_equal(central(halves, TIMES, SATURABLE), central(whole, TIMES, SATURABLE))
    whole, halves = [Dose(10, duration=4.0)], [Dose(5, duration=4.0), Dose(5, duration=4.0)]
    np.testing.assert_array_equal(central(halves, TIMES, SATURABLE), central(whole, TIMES, SATURABLE))


def test_the_order_in_which_doses_are_written_does_not_matter():
    doses = [Dose(10, 3.0), Dose(5, duration=4.0), Dose(2, 1.0, repeats=3, every=2.0), Reset(6.0), Dose(1, 6.0)]
    np.testing.assert_array_equal(central(doses, TIMES), central(doses[::-1], TIMES))


def test_a_reset_starts_again_and_drops_what_was_given_before():
    before = [Dose(50, 2.0), Dose(30, 3.0, duration=20.0), Dose(1, 4.0, repeats=9, every=3.0), Dose(5, 8.0, lag=4.0)]
    after = central([*before, Reset(9.0), Dose(4, 9.0), Dose(6, 9.0, duration=2.0)], TIMES + 9.0)[0]
    np.testing.assert_allclose(after, central([Dose(4), Dose(6, duration=2.0)], TIMES)[0], rtol=1e-8)
    np.testing.assert_array_equal(central([*before, Reset(9.0)], TIMES + 9.0)[0], 0.0)


def test_a_reset_gives_the_initial_cells_back():
    model = get_model("carrgo_restimulation")
    again = simulate(model, regimen=[Dose(5000, 10.0), Reset(30.0), Dose(2000, 34.0)], times=[36.0, 50.0]).values[0]
    fresh = simulate(model, regimen=[Dose(2000, 4.0)], times=[6.0, 20.0]).values[0]
    np.testing.assert_allclose(again, fresh, rtol=1e-7)


def test_a_subjects_own_lag_fraction_duration_and_rate_are_used():
    values = {name: np.array([value] * 2) for name, value in LINEAR.typical.items()}
    values |= {"delay": np.array([0.5, 2.5]), "part": np.array([0.3, 0.9]), "length": np.array([1.0, 4.0])}
    values |= {"speed": np.array([2.0, 7.0])}
    two = Subjects(values, "two subjects")
    named = central([Dose(20, lag="delay", fraction="part", duration="length")], TIMES, subjects=two)
    rated = central([Dose(20, lag="delay", fraction="part", rate="speed")], TIMES, subjects=two)
    for i in range(2):
        delay, part, length, speed = (values[n][i] for n in ("delay", "part", "length", "speed"))
        np.testing.assert_allclose(named[i], infusion(20 * part / length, length, TIMES - delay), rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(rated[i], infusion(speed, 20 * part / speed, TIMES - delay), rtol=1e-8, atol=1e-12)


def test_each_subject_can_have_its_own_regimen():
    values = {name: np.array([value] * 3) for name, value in LINEAR.typical.items()}
    regimens = [Regimen.of([Dose(10)]), Regimen(), Regimen.of([Dose(8, duration=2.0), Reset(20.0)])]
    curves = central(regimens, TIMES, subjects=Subjects(values, "three subjects"))
    for curve, regimen in zip(curves, regimens, strict=True):
        np.testing.assert_array_equal(curve, central(regimen, TIMES)[0])


def test_a_subject_whose_lag_cannot_be_is_named_and_the_others_run():
    values = {name: np.array([value] * 2) for name, value in LINEAR.typical.items()} | {"delay": np.array([-1.0, 1.0])}
    result = simulate(LINEAR, Subjects(values, "two"), [Dose(5, lag="delay")], TIMES, outputs=["central"])
    assert result.status == ("invalid", "ok") and "lag `delay` is -1" in result.reason[0]
    assert np.isnan(result.values[0]).all() and np.isfinite(result.values[1]).all()


def test_a_subject_without_steady_state_says_what_grows_and_the_others_run():
    values = {name: np.array([value] * 3) for name, value in SATURABLE.typical.items()} | {"v_max": np.array([3.0, 1.0, 1.5])}
    result = simulate(SATURABLE, Subjects(values, "three"), [Dose(7.0, every=6.0, steady_state="replace")], TIMES)
    assert result.status == ("ok", "no_steady_state", "ok")
    assert "dose of 7 at 0 every 6: no steady state is reached" in result.reason[1] and "`central`" in result.reason[1]


def test_growth_has_no_steady_state():
    grows = LINEAR.with_values(k=-0.1)
    result = simulate(grows, regimen=[Dose(7.0, every=6.0, steady_state="replace")], times=TIMES)
    assert result.status == ("no_steady_state",)


def test_cells_added_to_another_state_leave_a_clock_alone():
    model = get_model("kirouac_2023") + get_fragment("tissue")
    first = Dose(1e8)
    alone, fed = (
        simulate(model, regimen=r, times=[29.9, 30.1], outputs=["tumour"]).curve("tumour")
        for r in ([first], [first, Dose(1e9, 30.0, into="tumour")])
    )
    assert fed[0] == pytest.approx(alone[0], rel=1e-6)
    assert fed[1] - alone[1] == pytest.approx(1e9, rel=0.1)
    for more in (Dose(1e8, 30.0), Dose(1e8, 30.0, into="memory"), Dose(0, 1.0, into="infused")):
        with pytest.raises(InputError, match="takes one infusion, 2 were given"):
            simulate(model, regimen=[first, more])


@pytest.mark.parametrize(
    ("name", "regimen", "sentence"),
    [
        ("kirouac_2023", [Dose(1e8, repeats=1, every=7.0)], "one infusion, 2 were given"),
        ("kirouac_2023", [Dose(1e8, lag=1.0)], "at time 0, not 0 with the lag 1"),
        ("kirouac_2023", [Dose(1e8), Reset(9.0)], "no reset, one was given at 9"),
        ("kirouac_2023", [Dose(1e8), Dose(1, into="tumour", every=7.0, steady_state="replace")], "no steady state"),
        ("stein_2019", [Dose(1e8, into="central")], "unknown state `central`"),
    ],
)
def test_what_a_clock_forbids_is_refused(name, regimen, sentence):
    model = get_model(name) if name == "stein_2019" else get_model(name) + get_fragment("tissue")
    with pytest.raises(InputError, match=sentence):
        simulate(model, regimen=regimen)


@pytest.mark.parametrize(
    ("model", "dose", "sentence"),
    [
        (LINEAR, Dose(1, into="centrl"), "did you mean `central`"),
        (LINEAR, Dose(1, lag="dely"), "did you mean `delay`"),
        (LINEAR, Dose(1, lag="part"), "lag `part` has the unit 1; expected h"),
        (LINEAR, Dose(1, rate="delay"), "rate `delay` has the unit h; expected 1/h"),
        (LINEAR, Dose(1, fraction="k"), "fraction `k` has the unit 1/h; expected 1"),
        (get_model("carrgo_restimulation"), Dose(1, duration=2.0), "takes no infusion; give a bolus"),
        (get_model("carrgo_restimulation"), Dose(1, every=9.0, steady_state="add"), "use `replace`"),
    ],
)
def test_a_dose_that_the_model_cannot_take_is_refused(model, dose, sentence):
    with pytest.raises(InputError, match=sentence):
        simulate(model, regimen=[dose])


def test_a_steady_state_is_not_added_to_a_model_with_a_baseline():
    result = simulate(ENDOGENOUS, regimen=[Dose(1, every=9.0, steady_state="add")], times=TIMES)
    assert result.status == ("invalid",) and "`central` does not" in result.reason[0]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"amount": -1}, "the amount -1; it must be a number, finite and not negative"),
        ({"amount": "1e8"}, "the amount '1e8'"),
        ({"time": math.nan}, "the time nan"),
        ({"duration": -1}, "duration -1"),
        ({"fraction": math.inf}, "fraction inf"),
        ({"duration": 1, "rate": 2}, "a duration and a rate"),
        ({"repeats": 2}, "add `every`"),
        ({"repeats": 1.5, "every": 1}, "repeats is 1.5"),
        ({"repeats": 10**9, "every": 1}, "from 0 to 10,000"),
        ({"every": 12}, "neither repeats nor a steady state"),
        ({"steady_state": "yes", "every": 1}, "`replace` or `add`"),
        ({"steady_state": "replace"}, "needs `every`"),
        ({"steady_state": "replace", "rate": 1}, "needs `every`"),
        ({"amount": 0, "rate": 1}, "never ends"),
    ],
)
def test_a_dose_that_means_nothing_is_refused(fields, sentence):
    with pytest.raises(InputError, match=sentence):
        Dose(**{"amount": 1.0, **fields})


def test_regimens_and_subjects_must_match():
    one = Regimen.of([1.0])
    with pytest.raises(InputError, match="2 regimens were given for 1 subjects"):
        central([one, one], TIMES)
    with pytest.raises(InputError, match="1 of 2 regimens"):
        central([one, 1e8], TIMES)
    values = {name: np.array([value] * 2) for name, value in LINEAR.typical.items()}
    with pytest.raises(InputError, match="subject 2: `drug`, dose of 3 at 0: unknown state"):
        central([one, Regimen.of([Dose(3, into="tumour")])], TIMES, subjects=Subjects(values, "two"))
    with pytest.raises(InputError, match="reset at time -1"):
        Reset(-1.0)


# ------------------------------------------------------------------------------------------------- the text form


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("1e8", Dose(1e8)),
        ("5e7@7", Dose(5e7, 7.0)),
        ("5000@24 into=tumour", Dose(5000, 24, into="tumour")),
        (
            "100@0 into=central over=2 every=12 repeats=5 lag=0.5 fraction=0.8 steady=replace",
            Dose(100, 0, "central", duration=2, repeats=5, every=12, lag=0.5, fraction=0.8, steady_state="replace"),
        ),
        ("  100   steady=add every=12  ", Dose(100, every=12, steady_state="add")),
        ("100 rate=speed lag=delay fraction=part", Dose(100, rate="speed", lag="delay", fraction="part")),
        ("0 rate=10 steady=replace", Dose(0, rate=10, steady_state="replace")),
        ("reset@24", Reset(24.0)),
    ],
)
def test_a_text_is_a_dose(text, dose):
    assert read_dose(text) == dose


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "cannot be read"),
        ("many", "cannot be read"),
        ("1e8@", "cannot be read"),
        ("1e8@soon into=tumour", "`1e8@soon` needs a number"),
        ("1e8 ovr=2", "did you mean `over`"),
        ("1e8 2", "unknown word `2`"),
        ("1e8 over=2 over=3", "`over=3` says `over` a second time"),
        ("1e8 over=", "`over=` needs a number"),
        ("1e8 over=2h", "`over=2h` needs a number"),
        ("1e8 every=twice repeats=2", "`every=twice` needs a number"),
        ("1e8 every=2 repeats=2.5", "`repeats=2.5` needs a whole number"),
        ("1e8 into=", "`into=` has no value"),
        ("1e8 repeats=2", "add `every`"),
        ("-1e8", "not negative"),
        ("nan", "finite"),
        ("reset", "reset@TIME"),
        ("reset@2 into=tumour", "reset@TIME"),
        ("reset@-2", "reset at time -2"),
    ],
)
def test_a_text_that_is_no_dose_is_named(text, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        read_dose(text)
    assert f"`{text}`" in str(error.value)
