"""`livingdrug assay fit` and what follows it, from files to words."""

import json
import shlex

import numpy as np
import pandas as pd
import pytest

from livingdrug.assay import estimates_from
from livingdrug.workflows import kinds, workflow
from tests.commands import livingdrug
from tests.unit.test_assay_fit import plate


def written(folder, made):
    """The files of a plate: readings, map, events."""
    r, w = made.readings, made.wells
    value = [
        f"<{limit:g}" if flag == "below" else f"{v:.6g}"
        for v, flag, limit in zip(r.value, r.flag, r.limit, strict=True)
    ]
    data = {
        "plate": "P",
        "well": w.well[r.well],
        "time_h": r.time,
        "channel": r.quantity,
        "value": value,
        "unit": r.unit,
    }
    pd.DataFrame(data).to_csv(folder / "data.csv", index=False)
    role = {"sample": "co-culture", "target_alone": "tumour alone", "effector_alone": "effector alone"}
    table = {
        "plate": "P",
        "well": w.well,
        "role": [role[x] for x in w.role],
        "donor": w.donor,
        "construct": w.construct,
        "effectors_seeded": w.effectors,
        "targets_seeded": w.targets,
    }
    pd.DataFrame(table).to_csv(folder / "map.csv", index=False)
    event = {
        "plate": "P",
        "time_h": 24.0,
        "event": "re-challenge",
        "target_cells_added": 5000,
        "fraction_kept": 1.0,
        "wells": "all",
    }
    pd.DataFrame([event]).to_csv(folder / "events.csv", index=False)
    return [
        str(folder / "data.csv"),
        "--map",
        str(folder / "map.csv"),
        "--events",
        str(folder / "events.csv"),
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return written(tmp_path_factory.mktemp("assay"), plate(seed=3))


@pytest.fixture(scope="module")
def folder(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("fitted") / "run"
    done = livingdrug("assay", "fit", *files, "--model", "exhaustion", "--control", "A", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


def test_a_folder_holds_rates_ratios_figures_and_a_report(folder):
    rates = pd.read_csv(folder / "results.csv")
    assert set(rates.status) == {"determined"}
    kill = rates[(rates.rate == "k_kill") & (rates.group == "B")].iloc[0]
    assert kill.low < 1.5e-5 < kill.high
    ratio = pd.read_csv(folder / "ratios.csv").set_index(["rate", "group"]).loc[("k_kill", "B")]
    assert ratio.low < 1.5 < ratio.high
    found = estimates_from((folder / "estimates.json").read_text(), "estimates.json")
    assert found.groups == ("A", "B")
    assert {p.name for p in (folder / "pictures").iterdir()} >= {"rates.png", "courses.svg", "residuals.png"}
    report = (folder / "report.html").read_text()
    assert "k_kill over that of A" in report
    fitted = pd.read_csv(folder / "fitted.csv")
    assert np.abs(fitted.residual.dropna().mean()) < 0.3


def test_each_well_alone_says_what_it_does_not_determine(files):
    others = [w for w in pd.read_csv(files[2]).well if w != "A2"]
    done = livingdrug(
        "assay",
        "fit",
        *files,
        "--model",
        "exhaustion",
        "--by",
        "well",
        "--shared",
        "none",
        *(x for w in others for x in ("--leave-out", w)),
        "--json",
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {r["group"] for r in told["rates"]} == {"A2"}
    lost = [r for r in told["rates"] if r["status"] != "determined"]
    assert any("do not determine" in s for s in told["sentences"])
    assert all(
        r["low"] is None or r["high"] is None or r["high"] / r["low"] > 100
        for r in lost
        if r["rate"] != "net_growth"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "cargo"], "carrgo"),
        (["--fix", "k_kil=1"], "k_kill"),
        (["--by", "clone"], "construct"),
        (["--from", "30"], "start it earlier"),
        (["--per-cell", "cell_index=2"], "cell_index"),
        (["--rechallenge", "many@24"], "5000@24"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(files, options, said):
    done = livingdrug("assay", "fit", *files, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


ELSEWHERE = ("assay-score", "assay-calibrate")  # need data of patients: `test_assay_score`, `test_assay_calibrate`
COMPUTED = ("assay-rank", "assay-curves", "assay-predict", "assay-dose")  # from the folder of one fit


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind.startswith("assay-") and kind not in ELSEWHERE])
def test_the_examples_of_the_help_are_taken(kind, folder, tmp_path, monkeypatch):
    (tmp_path / "plan.toml").write_text(f'kind = "{kind}"\nwanted = 15\n')
    (tmp_path / "fitted").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    for line in workflow(kind).scenario.EXAMPLES:
        words = ["A" if word == "C1" else word for word in shlex.split(line)[1:]]
        done = livingdrug(*words, *([] if kind in COMPUTED else ["--as-scenario"]))
        assert done.returncode == 0, done.stderr


def test_the_command_is_a_scenario(files):
    done = livingdrug(
        "assay", "fit", *files, "--model", "exhaustion", "--by", "construct,donor", "--as-scenario"
    )
    assert 'kind = "assay-fit"' in done.stdout
    assert "by = [" in done.stdout
