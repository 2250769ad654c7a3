"""Every table of the reference folder of bad inputs does what is expected of it, without a traceback."""

import json
from pathlib import Path

import pytest

from tests.commands import as_users_run

FOLDER = Path(__file__).parents[3] / "shared" / "reference" / "bad_inputs"
# (exit code of check, exit code of nca, words that must be seen)
EXPECTED = {
    "bom_utf8.csv": (0, 0, ["subject", "CMAX"]),
    "semicolon_delimiter.csv": (0, 0, ["parted by semicolon", "24,000"]),
    "thousands_separator.csv": (2, 2, ["12,400", "line 3", "thousands or a decimal comma"]),
    "empty_0_bytes.csv": (2, 2, ["the file is empty"]),
    "header_only.csv": (2, 2, ["no data rows"]),
    "binary_png_named_csv.csv": (2, 2, ["not a text table"]),
    "text_in_number.csv": (2, 2, ["line 3, column conc: `n/a?` cannot be read as a number"]),
    "blq_tokens.csv": (0, 0, ["4 value(s) are read as below the limit"]),
    "nan_inf.csv": (2, 2, ["line 3", "line 4", "line 5", "not a finite number"]),
    "negative_conc.csv": (2, 2, ["line 3, column conc: `-5` is negative"]),
    "duplicate_times.csv": (2, 2, ["subject `9` has two values at time 3", "subject `9` has two values at time 6"]),
    "unsorted_times.csv": (0, 0, ["sorted by subject and time"]),
    "all_blq_profile.csv": (0, 0, ["CMAX", "absent"]),
    "missing_dose.csv": (2, 2, ["subject `1` has no dose record"]),
    "logistic_separation.csv": (2, 2, ["no column means ID or TIME"]),
    "formula_injection_ids.csv": (0, 0, ["4 subject"]),
    "sbml_xxe.xml": (2, 2, ["SBML is not a format read here"]),
    "model_expression_injection.yaml": (2, 2, ["not a format read here"]),
    "json_huge_sweep.json": (2, 2, ["not a format read here"]),
    "params_negative_variance.json": (2, 2, ["not a format read here"]),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_bad_table(name, tmp_path):
    if not FOLDER.exists():
        pytest.skip("the reference folder bad_inputs is not on this machine")
    assert name in json.loads((FOLDER / "expected.json").read_text())
    check_code, nca_code, words = EXPECTED[name]
    seen = ""
    for verb, code, more in (("check", check_code, []), ("nca", nca_code, ["--out", str(tmp_path / "results.csv")])):
        run = as_users_run(verb, FOLDER / "files" / name, *more, cwd=tmp_path, columns=200)
        assert run.returncode == code, run.stderr
        seen += run.stdout + run.stderr
    assert "Traceback" not in seen and "CANARY" not in seen
    for word in words:
        assert word in seen
    assert (tmp_path / "results.csv").exists() == (nca_code == 0)
    if nca_code == 0:
        text = (tmp_path / "results.csv").read_text()
        assert ",inf," not in text and ",nan," not in text
        assert not [line for line in text.splitlines() if line.lstrip('"')[:1] in "=+-@"]
