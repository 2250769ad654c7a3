"""Non-compartmental analysis against closed forms, a plain re-computation, and its own promises."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livingdrug.core.errors import InputError
from livingdrug.data import Data, Profile, Reading, read_data
from livingdrug.nca import NcaSettings, TerminalPoints, Value, nca, parameter, parameters, registry

RULES = ("drop", "zero", "lloq", "half")


def table(profiles, time_unit="d", unit="copies/ug", limit=50.0, dose=1e8, weight=70.0) -> Data:
    """Data of profiles [(time, value or None below the limit), ...]."""
    who = np.concatenate([np.full(len(p), i) for i, p in enumerate(profiles)])
    time = np.array([t for p in profiles for t, _ in p], dtype=float)
    value = [v for p in profiles for _, v in p]
    cens = np.array([v is None for v in value], dtype=np.int8)
    n = len(profiles)
    words = [np.full(n, word, dtype=object) for word in ("1", "", "qPCR", unit)]
    rows = len(time)
    return Data(
        "made", tuple(f"P{i}" for i in range(n)), Profile(np.arange(n), *words, np.full(n, dose)), who, time,
        np.array([limit if v is None else v for v in value], dtype=float), cens, np.full(rows, limit), np.arange(rows) + 2,
        time_unit, "cells", {}, {}, np.full(n, weight),
    )  # fmt: skip


def one(profile, settings=None, **more):
    result = nca(table([profile], **more), settings or NcaSettings())
    return {code: float(result.values[code][0]) for code in result.codes}, result


def curve(times, peak=10.0, height=24000.0, up=0.8, down=0.15):
    return [(t, height * math.exp(up * (t - peak) if t < peak else -down * (t - peak))) for t in times]


def test_a_peak_of_two_exponentials_is_recovered():
    times = [0, 2, 4, 6, 8, 10, 12, 14, 18, 22, 28, 60]
    found, result = one(curve(times), limit=1e-9)
    assert found["CMAX"] == 24000 and found["TMAX"] == 10 and found["TLST"] == 60
    assert found["LAMZ"] == pytest.approx(0.15, rel=1e-12) and found["LAMZNPT"] == 6
    assert found["XCONHL"] == pytest.approx(math.log(2) / 0.15, rel=1e-12)
    assert found["XDOUBL"] == pytest.approx(math.log(2) / 0.8, rel=1e-12)
    assert found["XFOLD"] == pytest.approx(math.exp(0.8 * 8), rel=1e-12)
    falling = 24000 / 0.15 * (1 - math.exp(-0.15 * 50))
    rising = sum((a + b) for a, b in zip([c for _, c in curve(times)][:5], [c for _, c in curve(times)][1:6], strict=True))
    assert found["AUCLST"] == pytest.approx(rising + falling, rel=1e-12)
    assert found["AUCIFO"] == pytest.approx(rising + 24000 / 0.15, rel=1e-12)
    assert found["AUCINT"] == pytest.approx(rising + 24000 / 0.15 * (1 - math.exp(-0.15 * 18)), rel=1e-12)
    assert result.flags("LAMZ")[0] == "ok" and result.points("LAMZ")[0] == "12 14 18 22 28 60"


def test_the_area_to_infinity_of_pure_decline_is_exact_with_logarithmic_trapezoids():
    found, _ = one([(t, 1000 * math.exp(-0.2 * t)) for t in (0, 1, 5, 9, 20)], limit=1e-9)
    assert found["AUCIFO"] == pytest.approx(5000, rel=1e-12) and found["AUCIFP"] == pytest.approx(5000, rel=1e-12)


def test_the_rise_starts_behind_the_last_value_below_the_limit():
    found, result = one([(0, 900), (1, None), (2, 80), (3, None), (5, 100), (7, 800), (9, 6400), (14, 900)])
    assert found["XFOLD"] == 64 and found["XDOUBL"] == pytest.approx(2 / 3)
    assert result.points("XDOUBL")[0] == "5 7 9"


def test_the_contraction_stops_at_28_days_or_below_the_limit():
    falling = [(t, 24000 * math.exp(-0.2 * (t - 10))) for t in (10, 14, 18, 22)]
    profile = [(0, None), (5, 300), *falling, (38, 500), (40, 60)]
    found, result = one(profile)
    assert result.points("XCONHL")[0] == "10 14 18 22 38"
    stopped, result = one([(0, None), (5, 300), *falling, (25, None), (30, 70)])
    assert result.points("XCONHL")[0] == "10 14 18 22" and stopped["XCONHL"] == pytest.approx(math.log(2) / 0.2)
    _, hours = one([(24 * t, v) for t, v in profile], time_unit="h")
    assert hours.points("XCONHL")[0] == "240 336 432 528 912"
    _, unknown = one(profile, time_unit="")
    assert unknown.flags("XCONHL")[0] == "absent" and "unit of time" in unknown.reasons("XCONHL")[0]


def test_persistence_is_an_interval_or_censored():
    lost, result = one([(0, None), (7, 900), (14, None), (28, 60), (60, None), (90, None)])
    assert (lost["XPERS"], lost["XPERSUL"]) == (28, 60) and result.points("XPERS")[0] == "28 60"
    assert result.flags("XPERS")[0] == "censored" and "between" in result.reasons("XPERS")[0]
    still, result = one([(0, None), (7, 900), (28, 60)])
    assert still["XPERS"] == 28 and math.isnan(still["XPERSUL"]) and result.points("XPERS")[0] == "28 later"
    never, result = one([(0, None), (7, None), (28, None)])
    assert math.isnan(never["XPERS"]) and never["XPERSUL"] == 7


def test_all_below_the_limit_is_a_peak_of_0_by_convention_and_nothing_else():
    found, result = one([(0, None), (7, None), (28, None)])
    assert found["CMAX"] == 0 and result.flags("CMAX")[0] == "caution" and "by convention" in result.reasons("CMAX")[0]
    for code in ("TMAX", "LAMZHL", "AUCLST", "AUCINT", "XFOLD", "XTLIM"):
        assert math.isnan(found[code]) and "above the limit" in result.reasons(code)[0]


@pytest.mark.parametrize(("first", "middle", "last", "area"), [
    ("zero", "drop", "zero", 300 + 800 + 200), ("drop", "drop", "drop", 600 + 800),
    ("zero", "zero", "zero", 300 + 300 + 100 + 200),
    ("lloq", "lloq", "lloq", 100 + 350 + 350 + 150 + 300), ("half", "half", "half", 50 + 325 + 325 + 125 + 250),
])  # fmt: skip
def test_each_rule_for_values_below_the_limit_gives_its_own_area(first, middle, last, area):
    profile = [(0, None), (1, None), (2, 600), (3, None), (4, 200), (6, None)]
    rules = NcaSettings(auc="linear", blq_first=first, blq_middle=middle, blq_last=last)
    found, result = one(profile, rules, limit=100.0)
    assert found["AUCALL"] == pytest.approx(area)
    assert {k: v["records"] for k, v in result.below_limit().items()} == {"first": 2, "middle": 1, "last": 1}
    assert {k: v["rule"] for k, v in result.below_limit().items()} == {"first": first, "middle": middle, "last": last}


def test_a_rule_that_needs_a_limit_nobody_stated_is_refused():
    with pytest.raises(InputError, match="subject `P0` has values below a limit that is not stated, so the rule `half`"):
        one([(0, None), (7, 900)], NcaSettings(blq_first="half"), limit=np.nan)


def test_time_above_a_level_follows_the_drawn_curve():
    found, _ = one([(0, 100), (4, 900), (8, 100), (12, 100)], NcaSettings(auc="linear", above=500.0))
    assert found["XTLIM"] == pytest.approx(4)
    found, _ = one([(0, 100), (4, 900), (8, 100), (12, 100)], NcaSettings(above=300.0))
    assert found["XTLIM"] == pytest.approx(3 + 2)
    still, result = one([(0, 100), (4, 900)], NcaSettings(above=500.0))
    assert result.flags("XTLIM")[0] == "censored"


def test_a_window_beyond_the_samples_needs_a_terminal_slope():
    profile = curve([0, 5, 10, 12, 15, 20])
    found, result = one(profile)
    assert result.flags("AUCINT")[0] == "caution" and "extrapolated with LAMZ" in result.reasons("AUCINT")[0]
    within, _ = one(profile, NcaSettings(window=(0, 20)))
    tail = 24000 / 0.15 * (math.exp(-0.15 * 10) - math.exp(-0.15 * 18))
    assert found["AUCINT"] == pytest.approx(within["AUCINT"] + tail, rel=1e-12)
    _, short = one(profile[:4])
    assert short.flags("AUCINT")[0] == "absent" and "no terminal slope" in short.reasons("AUCINT")[0]
    lost, result = one([*profile[:4], (13, None)])
    assert result.flags("AUCINT")[0] == "caution" and "nothing is added" in result.reasons("AUCINT")[0]
    parts = [one(profile, NcaSettings(window=w))[0]["AUCINT"] for w in ((0, 7), (7, 13.5), (13.5, 40))]
    assert sum(parts) == pytest.approx(one(profile, NcaSettings(window=(0, 40)))[0]["AUCINT"], rel=1e-12)


def test_no_sample_at_the_infusion_is_said():
    found, result = one([(2, 100), (7, 900), (14, 100)])
    assert found["AUCLST"] > 0 and "drawn from 0" in result.reasons("AUCLST")[0] and result.flags("AUCLST")[0] == "caution"
    found, result = one([(-1, 100), (0, None), (7, 900), (14, 100)])
    assert result.flags("AUCLST")[0] == "ok"


def test_expansion_needs_cells_dose_and_volume():
    profile = [(0, None), (7, 20.0), (14, 5.0)]
    found, _ = one(profile, NcaSettings(blood_volume=5e6), unit="cells/uL", limit=1.0, dose=1.1e9)
    assert found["XEXPR"] == pytest.approx(1 / 11)  # CD19 patient 1 of Kirouac 2024, Table 1
    by_weight, result = one(profile, unit="cells/uL", limit=1.0, dose=1.1e9)
    assert by_weight["XEXPR"] == pytest.approx(1 / 11) and "by weight" in result.reasons("XEXPR")[0]
    _, result = one(profile, limit=1.0, dose=np.nan, weight=np.nan)
    for word in ("cells/uL", "infused", "blood volume"):
        assert word in result.reasons("XEXPR")[0]


def test_points_chosen_by_hand_are_used_and_flagged():
    profile = curve([0, 5, 10, 12, 15, 20, 28])
    choice = TerminalPoints("P0", 9.0, 16.0, "late samples diluted")
    found, result = one(profile, NcaSettings(terminal=(choice,)))
    assert result.points("LAMZ")[0] == "10 12 15" and "by hand" in result.reasons("LAMZ")[0]
    with pytest.raises(InputError, match="needs a reason"):
        TerminalPoints("P0", 9.0, 16.0, " ")
    with pytest.raises(InputError, match="unknown subject `P9`"):
        one(profile, NcaSettings(terminal=(TerminalPoints("P9", 9.0, 16.0, "why"),)))


def test_fits_to_be_watched_are_flagged():
    _, poor = one([(0, None), (7, 9000), (10, 900), (14, 2000), (21, 300), (28, 700)])
    assert "adjusted R2" in poor.reasons("LAMZ")[0] and poor.flags("LAMZHL")[0] == "caution"
    _, short = one([(0, None), (7, 9000), (8, 8000), (9, 7200), (10, 6400)])
    assert "fewer than 2 half-lives" in short.reasons("LAMZ")[0] and "20 %" in short.reasons("AUCIFO")[0]


@pytest.mark.parametrize(("settings_", "sentence"), [
    ({"auc": "spline"}, "one of linup-logdown, linear"), ({"blq_first": "guess"}, "one of drop, zero, lloq, half"),
    ({"window": (28.0, 0.0)}, "the window is 28 to 0"), ({"above": 0.0}, "level of XTLIM"),
    ({"blood_volume": float("inf")}, "give it in uL"),
])  # fmt: skip
def test_settings_that_do_not_fit_are_refused(settings_, sentence):
    with pytest.raises(InputError, match=sentence):
        NcaSettings(**settings_)


level = st.one_of(st.none(), st.floats(50, 1e7))
profile = st.lists(st.tuples(st.floats(-5, 400).map(lambda t: round(t, 2)), level), max_size=40, unique_by=lambda r: r[0])
several = st.lists(profile.map(lambda p: sorted(p, key=lambda r: r[0])), min_size=1, max_size=6)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(several, st.sampled_from(("linear", "linup-logdown")), st.tuples(*[st.sampled_from(RULES)] * 3), st.sampled_from("d "))
def test_every_value_has_a_flag_and_a_reason_and_no_value_is_infinite(profiles, auc, rules, time_unit):
    if not any(profiles):
        return
    chosen = NcaSettings(auc, *rules, small_molecule=True, blood_volume=5e6)
    frame = nca(table(profiles, time_unit.strip()), chosen).table()
    assert frame["reason"].str.len().min() > 0 and set(frame["flag"]) <= {"ok", "caution", "censored", "absent"}
    assert (frame["value"].isna() == (frame["flag"] == "absent")).all()
    assert np.isfinite(frame["value"].dropna()).all()


@settings(max_examples=60, deadline=None)
@given(several)
def test_a_profile_alone_gives_what_it_gives_in_company(profiles):
    if not all(profiles):
        return
    together = nca(table(profiles))
    for i, mine in enumerate(profiles):
        alone = nca(table([mine]))
        for code in alone.codes:
            np.testing.assert_array_equal(alone.values[code][0], together.values[code][i], err_msg=code)


def plain_terminal(points):
    """(slope, points) of the terminal rule, point by point."""
    best = []
    for k in range(3, len(points) + 1):
        t, c = np.array(points[-k:]).T
        y = np.log(c)
        if np.ptp(y) < 1e-9:
            continue
        slope = np.polyfit(t - t[-1], y - y[-1], 1)[0]
        r2 = np.corrcoef(t, y)[0, 1] ** 2
        if slope < 0:
            best.append((1 - (1 - r2) * (k - 1) / (k - 2), k, -slope))
    if not best:
        return np.nan, 0
    top = max(best)[0]
    return next((lamz, k) for r2, k, lamz in reversed(best) if r2 >= top - 1e-4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(51, 10**6)), min_size=4, max_size=12, unique_by=lambda r: r[0]))
def test_the_terminal_rule_is_what_a_loop_finds(points):
    points = sorted(points)
    peak = max(range(len(points)), key=lambda i: (points[i][1], -i))
    lamz, count = plain_terminal(points[peak + 1 :])
    found, result = one([(0, None), *points])
    if count and abs(lamz) > 1e-6:
        assert found["LAMZ"] == pytest.approx(lamz, rel=1e-6) and found["LAMZNPT"] == count
    elif not count:
        assert math.isnan(found["LAMZ"]) or found["LAMZ"] < 1e-9


def test_small_molecule_parameters_come_only_when_asked():
    assert nca(table([curve([0, 5, 10, 12, 15, 20])])).codes == tuple(p.code for p in parameters())
    asked = nca(table([curve([0, 5, 10, 12, 15, 20])]), NcaSettings(small_molecule=True))
    assert asked.codes == tuple(p.code for p in parameters(small_molecule=True))
    assert all(p.code.startswith("X") or len(p.code) <= 8 for p in parameters())


def test_twenty_thousand_subjects_are_analysed(tmp_path):
    days = "0 1 3 5 7 9 10 14 17 21 28 60 90 180 360".split()
    lines = ["ID,TIME,DV,UNIT,CENS,LIMIT"]
    lines += [f"{i},{day},{50 + 7 * ((i * k) % 9973)},copies/ug,0,50" for i in range(20_000) for k, day in enumerate(days)]
    path = tmp_path / "many.csv"
    path.write_text("\n".join(lines))
    result = nca(read_data(path, Reading(time_unit="d")))
    assert result.data.profiles.n == 20_000


def test_the_page_explains_every_parameter():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "nca.md").read_text()
    assert [p.code for p in parameters(small_molecule=True) if p.code not in page] == []


def test_a_parameter_is_added_in_one_place(monkeypatch):
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry._REGISTERED))

    @parameter("XTOY", unit=registry.TIME, meaning="TLST - TMAX", plain="TLST - TMAX", geometric=True, phoenix="Toy")
    def from_peak_to_last(a):
        return Value(a["TLST"].value - a["TMAX"].value, a["TMAX"].causes)

    result = nca(table([curve([0, 5, 10, 12, 15, 20]), [(1.0, None)]]))
    rows = result.table().query("PARAMCD == 'XTOY'")
    assert rows["value"].tolist()[0] == result.values["TLST"][0] - result.values["TMAX"][0]
    assert rows["unit"].tolist() == ["d", "d"] and rows["flag"].tolist() == ["ok", "absent"]
    assert rows["reason"].tolist()[0] == "TLST - TMAX"
    assert result.wide()["XTOY"].notna().tolist() == [True, False]
    assert result.crosswalk().iloc[-1].tolist() == ["XTOY", "TLST - TMAX", "", "Toy"]
    with pytest.raises(ValueError, match="`XTOY` is registered twice"):
        parameter("XTOY", unit="1", meaning="", plain="")(from_peak_to_last)
