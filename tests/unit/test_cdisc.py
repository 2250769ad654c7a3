"""CDISC's PP and ADPP: codes, names, reasons; and transport files that another program reads to the last bit."""

import numpy as np
import pandas as pd
import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.core.xport import write_xport
from livingdrug.nca import nca, parameters
from livingdrug.nca.cdisc import ADPP_LABELS, NAMES, PP_LABELS, adpp, pp
from livingdrug.web.app import make_app
from livingdrug.web.work import Work
from livingdrug.workflows.examples.kinetics import example_kinetics


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    path = tmp_path_factory.mktemp("cdisc") / "kinetics.csv"
    write_csv(example_kinetics(), path)
    return nca(path)


def test_every_parameter_has_a_code_and_a_name_that_fit():
    everything = parameters(small_molecule=True)
    assert set(NAMES) <= {p.code for p in everything}
    names = [NAMES.get(p.code, p.meaning[:40]) for p in everything]
    assert all(len(p.code) <= 8 and 0 < len(name) <= 40 for p, name in zip(everything, names, strict=True))
    assert len(set(names)) == len(names)
    for p in everything:  # a code of CDISC has its name, one of ours begins with X
        assert p.code in NAMES or p.code.startswith("X"), p.code
    # published names of the codelist, typed from its listing
    assert (NAMES["CMAX"], NAMES["AUCPEO"], NAMES["CLST"]) == (
        "Max Conc",
        "AUC %Extrapolation Obs",
        "Last Nonzero Conc",
    )


def test_pp_has_every_value_and_every_reason(result):
    frame, long = pp(result, "S1"), result.table()
    assert len(frame) == len(long) and (frame["STUDYID"] == "S1").all() and list(frame) == list(PP_LABELS)
    absent = long["value"].isna().to_numpy()
    assert (frame["PPSTAT"].to_numpy() == np.where(absent, "NOT DONE", "")).all() and absent.any()
    assert (frame.loc[absent, "PPREASND"].str.len() > 5).all() and (
        frame.loc[~absent, "PPREASND"] == ""
    ).all()
    assert np.array_equal(frame["PPSTRESN"], long["value"], equal_nan=True)
    assert (frame.loc[~absent, "PPORRES"].astype(float) == frame.loc[~absent, "PPSTRESN"]).all()
    assert not frame.duplicated(["USUBJID", "PPSEQ"]).any()
    window = frame[frame["PPTESTCD"] == "AUCINT"]
    assert set(window["PPSTINT"]) == {"P0D"} and set(window["PPENINT"]) == {"P28D"}
    assert (frame.loc[frame["PPTESTCD"] != "AUCINT", "PPSTINT"] == "").all()


def test_adpp_keeps_the_flags(result):
    frame, long = adpp(result), result.table()
    assert list(frame) == list(ADPP_LABELS) and frame["NCAFLAG"].tolist() == long["flag"].tolist()
    assert ((frame["ANL01FL"] == "Y") == frame["AVAL"].notna()).all()
    peak = frame[frame["PARAMCD"] == "CMAX"].iloc[0]
    assert peak["PARAM"] == f"Max Conc ({peak['AVALU']})"


@pytest.mark.parametrize("made", [pp, adpp])
def test_another_program_reads_the_transport_file(result, tmp_path, made):
    frame = made(result, "STUDY")
    write_xport(frame, tmp_path / "t.xpt", frame.attrs["name"], frame.attrs["labels"])
    back = pd.read_sas(tmp_path / "t.xpt", format="xport", encoding="ascii")
    assert list(back) == list(frame) and len(back) == len(frame)
    for name in frame:
        if frame[name].dtype.kind in "fi":
            assert np.array_equal(back[name].to_numpy(float), frame[name].to_numpy(float), equal_nan=True), (
                name
            )
        else:
            assert (back[name].fillna("").str.strip() == frame[name]).all(), name
    first = (tmp_path / "t.xpt").read_bytes()
    write_xport(frame, tmp_path / "t.xpt", frame.attrs["name"], frame.attrs["labels"])
    assert (tmp_path / "t.xpt").read_bytes() == first and len(first) % 80 == 0


def test_numbers_of_every_size_survive(tmp_path):
    random = np.random.default_rng(2)
    values = np.concatenate(
        [
            [0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, 1e-70, -2e70, 2.0**52 + 1, np.nan, 16.0, 1 / 16],
            random.normal(size=400) * 10.0 ** random.integers(-60, 60, 400),
        ]
    )
    write_xport(pd.DataFrame({"V": values}), tmp_path / "v.xpt", "V", {})
    back = pd.read_sas(tmp_path / "v.xpt", format="xport")["V"].to_numpy()
    zero = values == 0
    assert b"".join(bytes(8) for _ in values[zero]) in (tmp_path / "v.xpt").read_bytes()  # that of IBM: all bits 0,
    back = np.where(back == 16.0**-65, 0.0, back)  # which pandas takes for its smallest number
    assert np.array_equal(back, values, equal_nan=True)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"TOOLONGNAME": [1.0]}), "up to 8"),
        (pd.DataFrame({"A": ["µ"]}), "ASCII"),
        (pd.DataFrame({"A": ["x" * 201]}), "200 signs"),
        (pd.DataFrame({"A": [1e80]}), "too large"),
    ],
)
def test_what_a_transport_file_cannot_hold_is_said(tmp_path, frame, said):
    with pytest.raises(InputError, match=said):
        write_xport(frame, tmp_path / "t.xpt", "T", {})
    assert not list(tmp_path.iterdir())


def test_the_command_and_the_app_give_the_same_file(tmp_path, result):
    import subprocess
    import sys

    write_csv(example_kinetics(), tmp_path / "kinetics.csv")
    command = [sys.executable, "-m", "livingdrug", "nca", "kinetics.csv", "--as", "pp", "--out", "pp.xpt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "sponsor-defined" in done.stderr
    client = make_app(Work()).server.test_client()
    assert client.get("/export/pp.xpt?kind=nca&file=example").data == (tmp_path / "pp.xpt").read_bytes()
    frame = pd.read_csv(__import__("io").BytesIO(client.get("/export/adpp.csv?kind=nca&file=example").data))
    assert len(frame) == len(result.table())
    refused = subprocess.run(
        [*command[:5], "--out", "results.xpt"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (
        refused.returncode == 2
        and "add --as pp" in refused.stderr
        and not (tmp_path / "results.xpt").exists()
    )
