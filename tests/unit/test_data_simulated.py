"""Simulated subjects that cannot be patients take no part in any analysis of the table that holds them."""

import ast
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import livingdrug
from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.core.status import EVERY, NOT_COMPUTED, OK, UNPHYSICAL
from livingdrug.data import Findings, read_data, read_grid
from livingdrug.engine import STATUS
from livingdrug.simulation import observe

SOURCE = Path(livingdrug.__file__).parent
LONG = "subject,time,output,value,unit,status"


def written(folder, lines, name="table.csv"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def courses(fates, head=LONG):
    """A course of six samples for each subject, in which only those that are not `ok` go beyond 1e6."""
    rows = [head]
    for i, fate in enumerate(fates, 1):
        top = 1000.0 + i if fate == OK else 1e9
        rows += [f"{i},{t},transgene,{top * v},copies/ug,{fate}" for t, v in enumerate((0.1, 0.5, 1, 0.4, 0.2, 0.1), 1)]
    return rows


def one_row_each(fates):
    rows = ["subject,output,unit,CMAX,TMAX,AUC,response,status,reason"]
    for i, fate in enumerate(fates, 1):
        rows.append(f"{i},transgene,copies/ug,{1000.0 * i if fate == OK else 1e9},9,1,{int(i % 3 == 0)},{fate},")
    return rows


FATES = [OK] * 12 + [UNPHYSICAL, "step_limit"]


def test_the_words_are_those_of_the_engine_and_of_the_simulation():
    assert set(STATUS.values()) <= set(EVERY)
    said = set()
    for path in [*(SOURCE / "simulation").rglob("*.py"), *(SOURCE / "engine").rglob("*.py")]:
        said |= {node.value for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, ast.Constant) and node.value in NOT_COMPUTED}  # fmt: skip
    assert said == set(NOT_COMPUTED)


def test_every_reader_of_tables_passes_here():
    readers = {p for p in SOURCE.rglob("*.py") if "grid_of_text(" in p.read_text() or "grid_of_rows(" in p.read_text()}
    assert {p.name for p in readers} == {"grid.py", "source.py"}


@pytest.mark.parametrize("fate", [word for word in EVERY if word != OK])
def test_a_subject_with_another_status_is_left_out_by_name(tmp_path, fate):
    data = read_data(written(tmp_path, courses([OK, fate, OK])))
    assert data.subjects == ("1", "3")
    note = next(n for n in data.notes if "left out" in n)
    assert "6 row(s) of 1 subject(s) (2)" in note and f"`{fate}` in 6" in note


def test_lines_stay_those_of_the_file(tmp_path):
    findings = Findings()
    grid = read_grid(written(tmp_path, courses([UNPHYSICAL, OK])), findings)
    assert grid.lines.tolist() == list(range(8, 14)) and findings.lines is grid.lines


def test_a_column_of_the_users_own_is_left_alone(tmp_path):
    for words in (("alive", "dead"), ("0", "1"), (OK, "relapsed"), ("negative", "negative")):
        rows = ["ID,TIME,DV,status", *(f"{i},{t},{10 / t},{word}" for i, word in enumerate(words) for t in (1, 2, 3))]
        assert len(read_grid(written(tmp_path, rows), Findings()).lines) == 6


def test_a_table_of_nobody_is_refused(tmp_path):
    with pytest.raises(InputError, match="no row is left to analyse"):
        read_data(written(tmp_path, courses([UNPHYSICAL] * 2)))


COMMANDS = {
    "check": [],
    "nca": [],
    "compare": ["--product", "tisagenlecleucel"],
    "response": ["--endpoint", "response", "--exposure", "CMAX"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_say_it_and_do_not_count_them(tmp_path, command):
    lines = one_row_each(FATES) if command == "response" else courses(FATES)
    found = CliRunner().invoke(cli, [command, str(written(tmp_path, lines)), *COMMANDS[command]])
    text = " ".join(found.output.split())
    assert "of 2 subject(s) (13, 14) are left out" in text, text
    assert "1e+09" not in text and "1.00e9" not in text and "14 subjects" not in text


def test_a_simulation_and_its_kinetics_count_the_same_subjects(tmp_path):
    from livingdrug import get_model, simulate
    from livingdrug.nca import nca
    from livingdrug.simulation import draw_subjects

    model = get_model("kirouac_2023")
    result = simulate(model, draw_subjects(model, 12, seed=3, cv=0.5), times=np.arange(0.0, 61.0, 3.0))
    assert result.unphysical, "the case needs one"
    path = tmp_path / "results.csv"
    observe(model, result, None, 1).query("output == 'car_t_blood'").to_csv(path, index=False)
    assert nca(read_data(path)).data.profiles.n == len(result.counted)
