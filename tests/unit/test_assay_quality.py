"""Checks of a plate: faults that were put in are found and named by well, and a plate without them is left
alone."""

from pathlib import Path

import numpy as np
import pytest

from livingdrug.assay import AssayReading, Plate, check, quality
from livingdrug.assay.edge import rim
from tests.plates import TIMES, plate, wells_of_plate

SIMULATED = Path(__file__).parents[3] / "shared" / "reference" / "killing_assay_simulated"
# a plate of counts of targets says so
ALWAYS = {"effectors-not-counted"}


def codes(made: Plate, **said) -> set[str]:
    """Codes of what is found, but for what every one of these plates lacks."""
    return {f.code for f in quality(made, AssayReading(**said)).findings} - ALWAYS


def found(made: Plate, code: str, value: str | None = None):
    """The one finding of a code (about a quantity or a donor), and the maps of all checks."""
    checked = quality(made)
    (finding,) = [f for f in checked.findings if f.code == code and value in (None, f.value)]
    return finding, checked.maps


def test_plates_without_faults_are_left_alone():
    """Twenty plates, each with some six tests: a false alarm in two of them at most."""
    alarms = [codes(plate(seed=seed)) for seed in range(20)]
    assert sum(bool(found) for found in alarms) <= 2


def outer(wells) -> np.ndarray:
    return np.array([w[0] in "AH" or w[1:] in ("1", "12") for w in wells["well"]])


def test_a_rim_that_reads_low_is_found_with_its_size():
    finding, maps = found(
        plate(change=lambda w, m: m * np.where(outer(w), 0.85, 1)[:, None]), "edge", "targets"
    )
    assert any(f"{size} % lower" in finding.problem for size in (14, 15, 16))
    (shown,) = [m for m in maps if m.code == "edge_targets"]
    assert shown.marked.sum() == rim(plate(), 96).sum() - sum(
        o and r == "effector_alone"
        for o, r in zip(outer(wells_of_plate()), wells_of_plate()["role"], strict=True)
    )


def test_a_rim_that_dries_out_is_found_by_its_drift():
    assert "edge-drift" in codes(
        plate(change=lambda w, m: m * np.exp(np.where(outer(w), 0.008, 0)[:, None] * TIMES))
    )


def test_a_rim_of_one_construct_alone_is_said_to_be_confounded():
    wells = wells_of_plate()
    wells["construct"] = np.where(
        outer(wells) & (np.array(wells["construct"]) != ""), "C3", wells["construct"]
    ).tolist()
    made = plate(construct=wells["construct"])
    # without groups of both kinds no edge can be seen, and nothing is claimed
    assert not {"edge", "edge-drift"} & codes(made)


def test_a_donor_seeded_at_half_is_named_with_its_factor():
    def halved(wells, mean):
        mine = (np.array(wells["donor"]) == "D2") & (np.array(wells["role"]) == "effector_alone")
        return mean * np.where(mine, 0.55, 1)[:, None]

    made = plate(change=halved)
    finding, maps = found(made, "seeding")
    assert finding.value == "D2" and "effectors" in finding.problem
    assert any(f"{factor:.2f} of" in finding.problem for factor in np.arange(0.50, 0.61, 0.01))
    (shown,) = [m for m in maps if m.code == "seeding_effectors"]
    assert np.median(shown.values[shown.marked]) == pytest.approx(0.55, abs=0.04)
    assert set(made.wells.donor[shown.marked]) == {"D2"}


def test_a_plate_whose_counts_are_all_off_is_said():
    finding, _ = found(plate(change=lambda w, m: 1.3 * m if w else m), "seeding-plate", "targets")
    assert "1.3" in finding.problem


def test_one_reading_far_from_its_replicates_is_named_and_kept():
    wells = wells_of_plate()["well"]

    def spoilt(_, mean):
        mean = mean.copy()
        mean[wells.index("D5"), 3] *= 6
        return mean

    made = plate(change=spoilt)
    finding, maps = found(made, "outlier")
    assert "D5 at 24 h" in finding.problem
    (shown,) = [m for m in maps if m.code.startswith("outliers_") and m.marked.any()]
    assert np.array(made.wells.well)[shown.marked].tolist() == ["D5"]
    assert made.readings.n == 96 * len(TIMES) and made.readings.measured.all()


def test_a_well_that_lies_off_at_all_times_is_named():
    wells = wells_of_plate()["well"]
    finding, _ = found(
        plate(change=lambda _, m: m * np.where(np.arange(96) == wells.index("E7"), 2.5, 1)[:, None]),
        "odd-well",
    )
    assert "E7" in finding.problem


def test_of_two_replicates_that_disagree_neither_is_called_the_odd_one():
    wells = wells_of_plate()
    pair = [i for i, r in enumerate(wells["role"]) if r == "sample"][:2]
    wells["construct"] = [("pair" if i in pair else c) for i, c in enumerate(wells["construct"])]
    for name in ("donor", "ratio", "effectors"):
        wells[name] = [wells[name][pair[0]] if i in pair else v for i, v in enumerate(wells[name])]
    names = [wells["well"][i] for i in pair]

    def spoilt(_, mean):
        mean = mean.copy()
        mean[pair[1]] = mean[pair[0]]
        mean[pair[1], 3] *= 6
        return mean

    finding, _ = found(
        plate(change=spoilt, **{k: wells[k] for k in ("construct", "donor", "ratio", "effectors")}),
        "replicates",
    )
    assert all(f"{name} at 24 h" in finding.problem for name in names)


def test_all_wells_killed_at_the_first_reading():
    def killed(wells, mean):
        mine = (np.array(wells["role"]) == "sample")[:, None] & (TIMES > 0)
        return np.where(mine, 10.0, mean)

    finding, _ = found(plate(change=killed), "all-killed")
    assert "first reading (8 h" in finding.problem


def test_no_control_wells():
    roles = ["sample" if r == "target_alone" else r for r in wells_of_plate()["role"]]
    assert "no-control" in codes(plate(role=roles))


def test_one_time_cannot_tell_rates_apart():
    made = plate()
    assert "one-time" in codes(made.kept(made.readings.time == 24))


@pytest.mark.parametrize(("factor", "unit"), [(60.0, "min"), (1 / 24, "d")])
def test_times_in_another_unit_are_asked_for(factor, unit):
    made = plate()
    times = made.readings.time * factor
    object.__setattr__(made.readings, "time", times)
    finding, _ = found(made, "time-unit")
    assert finding.value == unit and f"--time-unit {unit}" in finding.fix


def test_a_plate_without_a_map_claims_nothing_of_wells_treated_alike():
    made = plate(role=[""] * 96, change=lambda w, m: m * np.where(outer(w), 0.5, 1)[:, None])
    assert codes(made) == {"no-map"}


def test_saturated_readings_are_named():
    made = plate()
    flag = made.readings.flag.copy()
    flag[made.readings.value > 15000] = "above"
    object.__setattr__(made.readings, "flag", flag)
    finding, maps = found(made, "saturation")
    assert "above the range" in finding.problem and any(
        m.code == "saturation" and m.marked.any() for m in maps
    )


@pytest.mark.skipif(not SIMULATED.is_dir(), reason="the reference folder killing_assay_simulated is absent")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("V1", set()),
        ("V2", {"seeding-plate"}),
        ("V3", {"one-time", "effectors-not-counted"}),
        ("V4", {"edge", "edge-confounded", "seeding-plate"}),
        ("V5", {"seeding"}),
        ("V6", set()),
    ],
)
def test_simulated_plates_of_the_reference(name, wanted):
    """V2 counts 8 % high, V3 has one reading, V4 an edge effect, V5 a donor seeded at 0.55; no others are
    claimed."""
    files = [SIMULATED / f"{name}_{what}.csv" for what in ("data", "platemap", "events")]
    made = check(files[:1], files[1], files[2])
    assert {f.code for _, f in made.of("warning")} == wanted
    if name == "V5":
        (finding,) = made.quality.findings
        assert finding.value == "D2" and "0.55 of the effectors" in finding.problem
