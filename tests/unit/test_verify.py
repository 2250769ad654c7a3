"""`livingdrug verify`: stored cases pass here, and what is broken on purpose is found and ends with exit code 1."""

import hashlib
import json
from base64 import urlsafe_b64encode
from importlib import metadata
from types import SimpleNamespace

import pandas as pd
import pytest

from livingdrug.models import get_model, list_runnable
from livingdrug.workflows.verify.case import Case, NotDetermined, check
from livingdrug.workflows.verify.cases import installation
from livingdrug.workflows.verify.spec import stored
from tests.commands import livingdrug


def case(expected, got, tolerance=0.0):
    return Case("group", "name", expected, got if callable(got) else lambda: got, tolerance, "by hand")


@pytest.mark.parametrize(
    ("expected", "got", "tolerance", "verdict"),
    [
        (2.0, 2.0, 0.0, "passed"),
        (2.0, 2.0000001, 0.0, "failed"),
        (2.0, 2.01, 0.01, "passed"),
        (2.0, 2.03, 0.01, "failed"),
        (-2.0, -2.01, 0.01, "passed"),
        (0.0, 1e-30, 0.1, "failed"),
        (2.0, float("nan"), 1e9, "failed"),
        (2.0, float("inf"), 1e9, "failed"),
        ("kept", "kept", 0.0, "passed"),
        ("kept", "lost", 0.0, "failed"),
        (2.0, "2.0", 1.0, "failed"),
    ],
)
def test_a_case_passes_within_its_tolerance_alone(expected, got, tolerance, verdict):
    assert check(case(expected, got, tolerance)).verdict == verdict


def test_an_error_is_a_failure_and_an_open_question_is_neither():
    def broken():
        raise ZeroDivisionError("by nothing")

    def open_question():
        raise NotDetermined("nobody knows")

    assert check(case(1.0, broken)).verdict == "failed" and "by nothing" in check(case(1.0, broken)).why
    assert check(case(1.0, open_question)).verdict == "not determined"


def test_every_stored_case_says_where_its_number_is_from():
    found = list(stored(full=True))
    assert all(case.source and case.name and 0 <= case.tolerance < 1 for case in found)
    assert len({(case.group, case.name) for case in found}) == len(found)
    anchors = sum(len(get_model(name).anchors) for name in list_runnable())
    assert sum(case.group.startswith("model ") for case in found) == anchors > 50


def test_the_cases_pass_and_the_folder_holds_a_dated_report(tmp_path):
    done = livingdrug("verify", "--out", "qualification", cwd=tmp_path)
    assert done.returncode == 0 and "none failed" in done.stdout, done
    page = (tmp_path / "qualification" / "report.html").read_text()
    table = pd.read_csv(tmp_path / "qualification" / "results.csv", keep_default_na=False)
    assert set(table["verdict"]) <= {"passed", "not determined"} and {"IQ", "OQ"} == set(table["stage"])
    assert "Operational qualification (OQ)" in page and "UTC" in page and "Simon, Control Clin Trials" in page
    assert all(name in page for name in ("numpy", "scipy", "tolerance", "verdict"))


def test_a_number_that_is_off_is_found_and_ends_with_1(tmp_path, monkeypatch):
    from livingdrug.core import proportion

    right = proportion.clopper_pearson
    monkeypatch.setattr(proportion, "clopper_pearson", lambda *given: (0.0, right(*given)[1] * (1 + 1e-6)))
    done = livingdrug("verify", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 1 and told["failed"] == 1 and told["passed"] > 30
    (bad,) = [row for row in told["cases"] if row["verdict"] == "failed"]
    assert "Clopper-Pearson" in bad["case"] and 0 < bad["got"] - bad["expected"] < 1e-5
    assert any("expected 0.308" in flag and "tolerance 1e-09" in flag for flag in told["flags"])


def test_a_changed_file_of_the_package_is_named(tmp_path, monkeypatch):
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\n")
    digest = urlsafe_b64encode(hashlib.sha256(b"x = 1\n").digest()).rstrip(b"=").decode()

    class File(str):
        parts, hash = ("livingdrug", "a.py"), SimpleNamespace(mode="sha256", value=digest)

        def locate(self):
            return path

    monkeypatch.setattr(metadata, "files", lambda _: [File("livingdrug/a.py")])
    assert installation._files() == "unchanged"
    path.write_bytes(b"x = 2\n")
    assert installation._files() == "1 changed, such as livingdrug/a.py"
    path.unlink()
    assert "1 changed" in installation._files()
    monkeypatch.setattr(metadata, "files", lambda _: [])
    with pytest.raises(NotDetermined):
        installation._files()


def test_a_package_that_is_too_old_or_missing_is_named(monkeypatch):
    monkeypatch.setattr(
        metadata, "requires", lambda _: ["numpy>=2.0", "click>=99.1", "nothing>=1", 'dash; extra == "x"']
    )
    said = installation._packages()
    assert (
        "click is" in said
        and "at least 99.1" in said
        and "nothing is missing" in said
        and "numpy" not in said
    )
