"""The tutorials: every command of a page runs, in its order, in one folder."""

import hashlib
import re
import shlex
from pathlib import Path

import pytest

from tests.commands import livingdrug
from tests.pictures import undrawn

PAGE = (Path(__file__).parents[2] / "docs" / "tutorials" / "from_data_to_decision.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.M | re.S) for line in block.splitlines()]
DESIGN = re.search(r"^```toml\n(.*?)^```$", PAGE, re.M | re.S).group(1)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What each command printed, and the folder that all of them ran in."""
    folder, printed = tmp_path_factory.mktemp("tutorial"), {}
    (folder / "trial.toml").write_text(DESIGN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("livingdrug.workflows.fit.checks.save", undrawn)
        for command in COMMANDS:
            done = livingdrug(*shlex.split(command)[1:], cwd=folder, columns=200)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            printed[command.split()[1]] = printed.get(command.split()[1], "") + done.stdout
    return printed, folder


def test_every_command_runs_to_its_end(said):
    printed, folder = said
    assert len(COMMANDS) == 16 and "The fit converged." in printed["fit"]
    assert "lies between patients and" in printed["simulate"] and (folder / "expected" / "uncertainty.csv").is_file()
    assert (folder / "fitted.ctl").read_text().count("$OMEGA") == 1


def test_a_thirteenth_patient_is_forecast_by_the_fit_and_the_curve(said):
    printed, folder = said
    assert "Probability of ORR" in printed["forecast"] and "AUC28" in printed["forecast"]
    assert 'name = "ORR"' in (folder / "response" / "curve.toml").read_text()


def test_the_report_of_the_chain_names_the_table_at_its_beginning_by_hash(said):
    _, folder = said
    report = (folder / "chain" / "report.html").read_text(encoding="utf-8")
    for name in ("phase1.csv", "patient13.csv", "demo/kinetics.csv"):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() in report, name
    for title in ("product fitted to", "ORR on CMAX", "Forecast of level"):
        assert title in report, title


def test_power_and_assurance_stand_side_by_side(said):
    printed, _ = said
    for command in ("power", "trial"):
        found = re.search(r"[Pp]ower (0\.\d+) if the estimates of the fit are true; assurance (0\.\d+)", printed[command])
        power, assured = map(float, found.groups())
        assert 0 < assured < 1 and abs(power - assured) > 0.001


def test_the_fitted_model_describes_the_product(said):
    """Numbers behind the data lie within four standard errors of those found."""
    from livingdrug.models import read_model

    _, folder = said
    truth, fitted = read_model(folder / "product.toml"), read_model(folder / "fitted")
    for name in ("growth", "decline", "start"):
        estimate = fitted.fitted.estimate(name)
        assert abs(estimate.value - truth.typical[name]) < 4 * estimate.se, name
