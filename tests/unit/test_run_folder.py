"""A run as a folder: the same numbers from the scenario, the folder and the script; a report that can be made again."""

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from livingdrug.core.errors import InputError
from livingdrug.report import file_hash, rebuild
from livingdrug.workflows import keep_run, read_scenario
from livingdrug.workflows.check.spec import CheckFile
from livingdrug.workflows.compare.spec import Compare
from livingdrug.workflows.index.spec import Index
from livingdrug.workflows.nca.spec import Nca
from livingdrug.workflows.power.spec import Power
from livingdrug.workflows.response.spec import Response
from livingdrug.workflows.simulate.spec import Simulation
from livingdrug.workflows.trial.spec import TrialScenario
from tests.commands import livingdrug

TABLE = """ID,TIME (d),DV,UNIT,ASSAY,EVID,AMT (cells),LIMIT
<script>alert(1)</script>,0,,copies/ug,qPCR,1,1e8,50
<script>alert(1)</script>,1,120,copies/ug,qPCR,0,,50
<script>alert(1)</script>,5,2400,copies/ug,qPCR,0,,50
<script>alert(1)</script>,9,30000,copies/ug,qPCR,0,,50
<script>alert(1)</script>,14,9000,copies/ug,qPCR,0,,50
<script>alert(1)</script>,21,2000,copies/ug,qPCR,0,,50
<script>alert(1)</script>,28,300,copies/ug,qPCR,0,,50
=2+3,0,,copies/ug,qPCR,1,1e8,50
=2+3,2,200,copies/ug,qPCR,0,,50
=2+3,8,800,copies/ug,qPCR,0,,50
=2+3,28,<50,copies/ug,qPCR,0,,50
"""
SCRIPT = "<script>alert(1)</script>"
TYPICAL = Simulation(model="stein_2019", days=28, doses=("1e8",))


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("kinetics.csv").write_text(TABLE)
    rows = "".join(f"S{i},{100 * i},{int(i % 3 > 0)}\n" for i in range(1, 13))
    Path("wide.csv").write_text("ID,cmax,ORR\n" + rows)
    return tmp_path


SCENARIOS = {
    "typical": TYPICAL,
    "population": Simulation(model="stein_2019", days=20, every=2.0, subjects=5, observe=True, limit=50.0, seed=3),
    "exposure": Simulation(model="stein_2019", subjects=40, exposure=(0, 28), above={"transgene": 50.0}),
    "assay": Simulation(model="carrgo_restimulation", values={"k_kill": 2e-7}, days=2, doses=("5000@24 into=tumour",)),
    "check": CheckFile(file="kinetics.csv"),
    "nca": Nca(file="kinetics.csv", terminal=({"subject": SCRIPT, "start": 9, "end": 28, "reason": "x"},)),
    "compare": Compare(file="kinetics.csv", product="tisagenlecleucel", indication="ALL"),
    "power": Power(fold=2.0, log_sd=0.8, arms="1:2"),
    "index": Index(efficacy_curve="tisagenlecleucel_response", toxicity_curve="tisagenlecleucel_severe_crs"),
    "response": Response(file="wide.csv", exposure="cmax", endpoint="ORR"),
    "trial": TrialScenario(
        model="stein_2019", control="a", arms=({"name": "a", "n": 20}, {"name": "b", "n": 20, "change": {"c_max": 3.0}}),
        endpoints=({"name": "exposure", "kind": "auc"},), multiplicity="none", replicates=50,
    ),
    "rates": Power(proportions=(0.3, 0.5)),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_folder_document_and_script_give_the_same_bytes(table, name):
    scenario = SCENARIOS[name]
    keep_run(scenario, "run")
    assert read_scenario("run/scenario.toml") == scenario
    again = livingdrug("run", "run/scenario.toml", "--out", "again.csv", cwd=table)
    assert again.returncode == 0, again.stderr
    script = subprocess.run([sys.executable, "run/script.py"], capture_output=True, text=True, cwd=table)
    assert script.returncode == 0, script.stderr
    expected = Path("run/results.csv").read_bytes()
    assert len(expected.splitlines()) > 1
    assert Path("again.csv").read_bytes() == expected and Path("results.csv").read_bytes() == expected


@pytest.mark.parametrize("name", ["population", "nca", "power"])
def test_report_is_the_same_when_made_again_and_when_run_again(table, name):
    keep_run(SCENARIOS[name], "run")
    first = file_hash("run/report.html")
    Path("run/report.html").unlink()
    rebuild("run")
    assert file_hash("run/report.html") == first
    keep_run(SCENARIOS[name], "other")
    assert file_hash("other/report.html") == first


def test_report_has_the_headings_of_m15_the_sources_and_the_hashes(tmp_path):
    purpose = {"question": "Which peak?", "context_of_use": "Planning of a study"}
    keep_run(Simulation(model="kirouac_2023", fragments=("tissue",), days=30, purpose=purpose), tmp_path / "run")
    html = (tmp_path / "run" / "report.html").read_text()
    for text in ("Question of interest", "Which peak?", "Context of use", "Planning of a study", "Model influence",
                 "Consequence of a wrong decision", "Model evaluation: kirouac_2023 + tissue", "10.1038/s41587-023-01687-x",
                 "The sign of the exponent in TD is corrected", "not for clinical decisions", "Not stated: Model influence",
                 "the tumour capacity is below the burden"):  # fmt: skip
        assert text in html, text
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert set(record["hashes"]) >= {"results.csv", "scenario.toml", "script.py", "pictures/car_t.svg"}
    assert all(known in html for known in record["hashes"].values())
    # one file: nothing is fetched, nothing runs
    assert "<script" not in html and not re.search(r'(src|href)="(?!#)', html)


def test_the_result_comes_first_what_is_not_stated_is_said_once_and_a_source_is_printed_once(tmp_path):
    keep_run(Simulation(model="kirouac_2023", days=30), tmp_path / "run")
    html = (tmp_path / "run" / "report.html").read_text()
    order = ["question", "results", "flags", "context", "model1", "sources", "scenario", "trace"]
    places = [html.index(f'<h2 id="{anchor}"') for anchor in order]
    assert places == sorted(places) and html.count("Not stated") == 1
    sources = html[html.index('<h2 id="sources"') : html.index('<h2 id="scenario"')]
    first = re.search(r"\[1\] ([^<]{20,})<", sources).group(1)
    assert html.count(first) == 1 and html.count("<td class=\"\">[1]</td>") > 5


def test_the_report_as_a_word_document(tmp_path):
    docx = pytest.importorskip("docx", reason="needs the extra word")
    from livingdrug.report import write_word

    keep_run(Simulation(model="kirouac_2023", days=30), tmp_path / "run")
    path = write_word(tmp_path / "run")
    first = path.read_bytes()
    assert path.name == "report.docx" and write_word(tmp_path / "run").read_bytes() == first
    made = docx.Document(str(path))
    text = "\n".join(p.text for p in made.paragraphs)
    assert "Figure 1." in text and "not for clinical decisions" in text and len(made.inline_shapes) >= 3
    headings = [p.text for p in made.paragraphs if p.style.name == "Heading 1"]
    assert headings.index("Results") < headings.index("Context of use, model influence, risk and impact")
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    cells = {cell.text for table in made.tables for cell in table._cells}
    assert set(record["hashes"].values()) <= cells
    keep_run(Simulation(model="kirouac_2023", days=20), tmp_path / "run")
    assert not path.exists()  # of another run


def test_names_of_subjects_are_text_in_the_report_and_no_formula_in_the_table(table):
    keep_run(SCENARIOS["nca"], "run")
    html, csv = Path("run/report.html").read_text(), Path("run/results.csv").read_text()
    assert "<script" not in html and "&lt;script&gt;alert(1)" in html
    assert "\n'=2+3," in csv and "\n=2+3," not in csv
    assert file_hash("kinetics.csv") in html


def test_a_changed_file_is_found(tmp_path):
    keep_run(TYPICAL, tmp_path / "run")
    results = tmp_path / "run" / "results.csv"
    results.write_text(results.read_text().replace("1,0.0,", "1,0.5,", 1))
    with pytest.raises(InputError, match="hash differs"):
        rebuild(tmp_path / "run")
    results.unlink()
    with pytest.raises(InputError, match="missing"):
        rebuild(tmp_path / "run")
    with pytest.raises(InputError, match="not the folder of a run"):
        rebuild(tmp_path)


def test_a_second_run_replaces_the_first_and_leaves_other_files_alone(tmp_path):
    folder = tmp_path / "run"
    keep_run(Simulation(model="kirouac_2023", days=5), folder)
    (folder / "notes.txt").write_text("mine")
    keep_run(TYPICAL, folder)
    assert not (folder / "pictures" / "car_t.svg").exists() and (folder / "notes.txt").read_text() == "mine"
    rebuild(folder)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_nothing_is_left_of_a_run_that_is_refused(tmp_path):
    with pytest.raises(InputError):
        keep_run(Simulation(model="stein_2019", days=-1), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="not of a run"):
        keep_run(TYPICAL, tmp_path / "mine")


def test_out_is_a_table_or_a_folder_and_never_a_guess(tmp_path):
    def power(*more):
        return livingdrug("power", "--effect", "0.5", *more, cwd=tmp_path)

    assert power("--out", "answer.csv").returncode == 0 and (tmp_path / "answer.csv").is_file()
    assert power("--out", "answer").returncode == 0 and (tmp_path / "answer" / "report.html").is_file()
    refused = power("--out", "answer.xlsx")
    assert refused.returncode == 2 and "end the name in .csv" in refused.stderr
    told = power("--out", "told", "--json")
    assert json.loads(told.stdout)["n_per_arm"] == 64 and (tmp_path / "told" / "report.html").is_file()
    both = power("--out", "other", "--plots", "pictures")
    assert both.returncode == 2 and "leave out" in both.stderr and not (tmp_path / "other").exists()


def test_a_faulty_file_gives_its_faults_and_exit_code_2(table):
    Path("kinetics.csv").write_text(TABLE.replace("2400", "many"))
    run = livingdrug("check", "kinetics.csv", "--out", "run", cwd=table)
    assert run.returncode == 2 and not Path("run/results.csv").exists()
    assert "many" in Path("run/findings.csv").read_text() and "many" in Path("run/report.html").read_text()


def test_power_is_a_scenario(tmp_path):
    document = livingdrug("power", "--fold", "2", "--log-sd", "0.8", "--as-scenario", cwd=tmp_path)
    (tmp_path / "power.toml").write_text(document.stdout)
    assert read_scenario(tmp_path / "power.toml") == Power(fold=2.0, log_sd=0.8)
    said = livingdrug("run", "power.toml", cwd=tmp_path).stdout
    assert said == livingdrug("power", "--fold", "2", "--log-sd", "0.8", cwd=tmp_path).stdout and "per arm" in said
    (tmp_path / "power.toml").write_text(document.stdout + "alpa = 0.01\n")
    wrong = livingdrug("run", "power.toml", cwd=tmp_path)
    assert wrong.returncode == 2 and "did you mean `alpha`" in wrong.stderr


def test_the_report_as_pages(tmp_path, monkeypatch):
    keep_run(TYPICAL, tmp_path / "run")
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    refused = livingdrug("report", tmp_path / "run", "--pdf")
    assert refused.returncode == 2 and "livingdrug[pdf]" in refused.stderr
    monkeypatch.undo()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a library that this machine lacks, and need not have
            import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"WeasyPrint cannot draw here: {error}")
    hashes = []
    for _ in range(2):
        done = livingdrug("report", tmp_path / "run", "--pdf")
        assert done.returncode == 0, done.stderr
        hashes.append(file_hash(tmp_path / "run" / "report.pdf"))
    assert hashes[0] == hashes[1] and hashes[0] in done.stdout.replace("\n", "")
    assert (tmp_path / "run" / "report.pdf").read_bytes().startswith(b"%PDF-")
