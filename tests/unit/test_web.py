"""The web app without a browser: addresses, bounds on everything, who is let in, and equal bytes."""

import base64
import os
import subprocess
import sys
import threading

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web.address import read_query, to_query
from livingdrug.web.app import make_app, page_of
from livingdrug.web.explore import complete, page, step, switched
from livingdrug.web.live import live
from livingdrug.web.sliders import sliders, span_of
from livingdrug.web.uploads import MAX_BYTES, MAX_FILES, Uploads, safe_name
from livingdrug.web.work import JOBS, KEPT_RESULTS, Work
from livingdrug.workflows import read_scenario
from livingdrug.workflows.compare.spec import Compare
from livingdrug.workflows.fit.scenario import Fit
from livingdrug.workflows.index.spec import Index
from livingdrug.workflows.nca.spec import Nca
from livingdrug.workflows.power.spec import Power
from livingdrug.workflows.response.spec import Response
from livingdrug.workflows.simulate.spec import Simulation
from livingdrug.workflows.trial.spec import TrialScenario

EXAMPLE = Simulation(model="kirouac_2023", fragments=("tissue", "host_competition", "allogeneic_killing"),
                     values={"k12": 1.0, "k_allo": 1e-10})  # fmt: skip
SCENARIOS = (
    EXAMPLE,
    complete(EXAMPLE),
    Simulation(model="stein_2019", doses=("1e8",), subjects=20, variability="sd", observe=True, limit=50.0,
               values={"c_max": 1 / 3}),
    Simulation(model="stein_2019", exposure=(0, 28), above={"transgene": (50.0, 100.0)}),
    Nca(file="example", terminal=({"subject": "a&b=<c>", "start": 9.5, "end": 28, "reason": "flat; tail"},), window=(0, 14)),
    Compare(file="example", product="tisagenlecleucel", columns={"my result": "DV"}, pool_assays=True),
    Power(proportions=(0.3, 0.5), arms="1:2"),
    Response(file="example_response", exposure="CMAX", endpoint="CRS grade>=3", adjust=("burden",), scale="linear"),
    Index(file="example_response", exposure="CMAX", efficacy="ORR", toxicity="CRS grade>=3", ceiling=0.3),
    Fit(file="example", model="stein_2019", random=("c_max", "alpha=0.5"), estimate=("beta",), residual=("lognormal:0.4",),
        covariate=("WT on c_max",), correlated=("c_max,alpha",), values={"fold": 900.0}, method="focei", below="m1",
        starts=2),
    Index(efficacy_curve="tisagenlecleucel_response", toxicity_curve="tisagenlecleucel_severe_crs", floor=0.4),
    TrialScenario(
        model="stein_2019", control="a", multiplicity="holm", replicates=20,
        arms=({"name": "a", "n": 10}, {"name": "b", "n": 10, "change": {"c_max": 3.0}}),
        endpoints=({"name": "exposure", "kind": "auc"}, {"name": "crs", "kind": "toxicity", "ec50": 4e4}),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def work():
    return Work()


@pytest.fixture(scope="module")
def client(work):
    return make_app(work).server.test_client()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.kind)
def test_a_scenario_survives_its_address(scenario):
    view = [("pin", to_query(EXAMPLE)), ("line", "2.5")]
    back, seen = read_query("?" + to_query(scenario, view))
    assert back == scenario and seen["pin"] == [to_query(EXAMPLE)] and seen["line"] == ["2.5"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("kind=simulate&model=/etc/passwd.toml", "models that come with livingdrug"),
        ("kind=trial&model=../x.toml&control=a&arms.0.name=a&arms.0.n=3&endpoints.0.name=e&endpoints.0.kind=auc"
         "&multiplicity=none", "models that come with livingdrug"),
        ("kind=trial&model=stein_2019&control=a&arms.0.name=a&arms.0.n=3&endpoints.0.name=e&endpoints.0.kind=response"
         "&endpoints.0.curve=/etc/passwd&multiplicity=none", "opens no files of this machine"),
        ("kind=index&efficacy_curve=/etc&toxicity_curve=tisagenlecleucel_severe_crs&product_model=stein_2019",
         "opens no files of this machine"),
        ("kind=nonsense&model=x", "unknown kind"),
        ("kind=simulate&model=stein_2019&dayz=3", "did you mean `days`"),
        ("kind=simulate&model=stein_2019&days=many", "days"),
        ("kind=simulate&model=stein_2019&subjects=100000", "up to 2,000 subjects"),
        ("kind=simulate&model=stein_2019&values.k12=1", "parameter"),
        ("kind=fit&file=example&model=../mine.toml", "models that come with livingdrug"),
        ("x=" + "a" * 30_000, "30,002 signs"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_gets_one_sentence(work, query, said):
    text = str(page_of("/", query, work))
    assert said in text and "Traceback" not in text


def test_a_path_is_never_a_file_of_the_address(work):
    for token in ("/etc/passwd", "../../etc/passwd", "kinetics.csv", "0" * 24):
        assert "is not on this machine" in str(page_of("/data", f"kind=nca&file={token}", work))


def test_other_hosts_and_origins_are_refused(client):
    assert client.get("/", headers={"Host": "localhost:8050"}).status_code == 200
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/", headers={"Host": "127.0.0.1.evil.example"}).status_code == 403
    there = {"Host": "127.0.0.1:8050"}
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:9999"}, {"Origin": "null"},
                    {"Origin": "http://[::1"}, {"Sec-Fetch-Site": "cross-site"}):  # fmt: skip
        assert client.post("/_dash-update-component", headers=there | headers, json={}).status_code == 403
    export = f"/export/scenario.toml?{to_query(EXAMPLE)}"
    assert client.get(export, headers=there | {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    answer = client.get(export, headers=there | {"Origin": "http://127.0.0.1:8050", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200 and "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_odd_addresses_are_answered_in_words(client):
    here = {"Host": "127.0.0.1"}
    for query in ("kind=simulate&model.a=1&model.a.b=2", "kind=simulate&model=stein_2019&model.b=2"):
        with pytest.raises(InputError, match="both a value and parts"):
            read_query(query)
        assert client.get(f"/live?{query}", headers=here).status_code == 400
    # a limit that is no number draws no line, on the page and in its picture
    drawn = [client.get(f"/export/picture.svg?kind=simulate&model=stein_2019&days=28{line}", headers=here)
             for line in ("", "&line=abc", "&line=-1")]  # fmt: skip
    assert [d.status_code for d in drawn] == [200] * 3 and len({d.data for d in drawn}) == 1


def test_a_bad_start_value_keeps_its_field():
    page = str(page_of("/fit", "?kind=fit&file=example&model=stein_2019&values.fold=-1", Work()))
    assert "must be positive" in page and "initial estimate or fixed value of fold" in page


def test_nothing_on_the_page_comes_from_elsewhere(client):
    html = client.get("/", headers={"Host": "127.0.0.1"}).get_data(as_text=True)
    assert "://" not in html.replace("http://www.w3.org", "") and 'lang="en"' in html


@pytest.mark.parametrize("scenario", [SCENARIOS[i] for i in (1, 2, 4, 6, 7, 8, 10)], ids=lambda s: s.kind)
def test_the_app_the_command_and_the_script_give_the_same_bytes(client, work, tmp_path, scenario):
    file = getattr(scenario, "file", None)
    if file:
        (tmp_path / work.uploads.name(file)).write_bytes(work.uploads.path(file).read_bytes())
    if scenario.kind == "nca":
        scenario = scenario.model_copy(update={"terminal": ()})
    files = {}
    for name in ("results.csv", "scenario.toml", "script.py"):
        answer = client.get(f"/export/{name}?{to_query(scenario)}", headers={"Host": "127.0.0.1"})
        assert answer.status_code == 200, answer.data
        files[name] = answer.data
    (tmp_path / "scenario.toml").write_bytes(files["scenario.toml"])
    (tmp_path / "script.py").write_bytes(files["script.py"])
    run = [sys.executable, "-m", "livingdrug", "run", "scenario.toml", "--out", "run.csv"]
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([sys.executable, "script.py"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "run.csv").read_bytes() == files["results.csv"] == (tmp_path / "results.csv").read_bytes()
    read_scenario(tmp_path / "scenario.toml")


def test_what_cannot_be_exported_is_said(client):
    wrong = ("results.csv?kind=power&effect=0", "nothing.csv?" + to_query(EXAMPLE), "results.csv", "scenario.toml?kind=x")
    for path in wrong:
        answer = client.get(f"/export/{path}", headers={"Host": "127.0.0.1"})
        assert answer.status_code == 400 and answer.mimetype == "text/plain" and len(answer.data.splitlines()) == 1


def test_memory_is_bounded(work):
    for k in range(KEPT_RESULTS + 8):
        work.simulate(Simulation(model="stein_2019", days=10, values={"c_max": 1000.0 + k}))
    assert len(work._results) == KEPT_RESULTS
    uploads = Uploads()
    tokens = [uploads.keep("a.csv", f"ID\n{k}\n".encode()) for k in range(MAX_FILES + 5)]
    assert len(uploads._files) == MAX_FILES and uploads.path(tokens[-1]).exists()
    with pytest.raises(InputError, match="not on this machine"):
        uploads.path(tokens[0])


def test_long_jobs_are_limited(monkeypatch):
    monkeypatch.setattr("livingdrug.web.work.PATIENCE", 0.05)
    work, inside, leave = Work(), threading.Barrier(JOBS + 1), threading.Event()

    def long():
        with work.job():
            inside.wait()
            leave.wait()

    threads = [threading.Thread(target=long) for _ in range(JOBS)]
    [t.start() for t in threads]
    inside.wait()
    with pytest.raises(InputError, match="long jobs are running"), work.job():
        pass
    leave.set()
    [t.join() for t in threads]
    with work.job():
        pass


def test_uploads_have_a_size_a_kind_and_a_name_of_our_own():
    uploads = Uploads()

    def text(raw):
        return "data:text/csv;base64," + base64.b64encode(raw).decode()

    token = uploads.add("../../etc/cron.d/my data;rm -rf.csv", text(b"ID,TIME,DV\n"))
    assert uploads.name(token) == "my_data_rm_-rf.csv" and uploads.path(token).name == f"{token}.csv"
    large = b"0" * (MAX_BYTES + 9)
    for name, raw, said in (("x.pkl", b"\x80\x04", "is no table"), ("x", b"a", "is no table"), ("x.csv", large, "20 MB")):
        with pytest.raises(InputError, match=said):
            uploads.add(name, text(raw))
    with pytest.raises(InputError, match="did not arrive"):
        uploads.add("x.csv", "data:,***")
    assert safe_name("..\\..\\<script>.csv") == "script_.csv" and safe_name("...") == "data.csv"


def test_nothing_of_the_user_stays_when_the_app_ends(tmp_path):
    command = [sys.executable, "-u", "-m", "livingdrug", "app", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}) as app:
        assert "is open at" in app.stderr.readline()
        assert [*tmp_path.glob("livingdrug-*")]
        app.terminate()
    assert app.returncode == 143 and not [*tmp_path.glob("livingdrug-*")]


def test_spans_hold_the_published_value_and_say_where_they_come_from():
    from livingdrug.models import get_model

    model = get_model("kirouac_2023")
    spans = {q.name: span_of(model, q) for q in model.quantities}
    assert spans["k_kill"].low == 0.001 and spans["k_kill"].high == 1.0 and spans["k_kill"].log
    assert "published fits" in spans["k_kill"].source and "our own" in spans["tumour_0"].source
    assert all(s.low <= s.published <= s.high for s in spans.values())
    far = span_of(model.with_values(k_kill=50.0), model.quantities[2])
    assert far.at == 1000 and far.value == 50.0 and far.published == model.typical["k_kill"]
    listed = sliders(model)
    assert len(listed) == len({s["name"] for s in listed}) == sum(not q.fixed for q in model.quantities)


def test_a_switched_mechanism_takes_its_values_along(work):
    off = switched({"type": "mechanism", "name": "tissue"}, to_query(complete(EXAMPLE)))
    scenario, _ = read_query(off)
    assert "tissue" not in scenario.fragments and "k12" not in scenario.values and scenario.values["k_allo"] == 1e-10
    several, view = read_query(switched("patients", switched("pin", to_query(complete(EXAMPLE)))))
    assert several.subjects == 200 and several.cv == 0.3 and read_query(view["pin"][0])[0] == complete(EXAMPLE)
    assert step(60) == 0.5 and step(365) == 2.0 or step(365) == 5.0


def test_a_moving_slider_gets_the_heights_of_the_page_and_nothing_of_what_stands_still(client, work):
    moved = complete(EXAMPLE.model_copy(update={"values": {"k12": 2.5}, "subjects": 4, "cv": 0.3}))
    query = to_query(moved, [("pin", to_query(complete(EXAMPLE))), ("line", "2.5")])
    answer = client.get(f"/live?{query}").get_json()
    figure = next(part for part in page(query, work)._traverse() if getattr(part, "id", "") == "curves").figure
    pins = [i for i, trace in enumerate(figure["data"]) if trace["name"].startswith("pinned")]
    assert answer["query"] == query and pins
    assert answer["traces"] == [i for i in range(len(figure["data"])) if i not in pins]
    assert answer["heights"] == [figure["data"][i]["y"] for i in answer["traces"]]
    layout = figure["layout"]
    assert answer["ranges"] == [layout[n]["range"] for n in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]


def test_curves_that_cannot_be_drawn_are_one_sentence(client):
    for query, said in (("kind=nca&file=example", "no simulation"), ("model=nothing", "nothing"),
                        ("model=kirouac_2023&values.k12=-1", "k12")):  # fmt: skip
        answer = client.get(f"/live?{query}")
        assert answer.status_code == 400 and said in answer.text and "Traceback" not in answer.text
    assert client.get("/live?model=stein_2019", headers={"Host": "elsewhere.example"}).status_code == 403
    assert live("model=stein_2019", Work())["traces"] == [0]


def test_every_question_of_the_reader_has_a_field():
    from dataclasses import fields

    from livingdrug.data import Reading
    from livingdrug.web.files import READING

    assert {entry.key for entry in READING} == {field.name for field in fields(Reading)}
    assert len({entry.label for entry in READING}) == len(READING)


def test_every_rule_of_the_analysis_has_a_field_and_is_named_by_it():
    from dataclasses import fields

    from livingdrug.nca import NcaSettings
    from livingdrug.web.files import in_fields
    from livingdrug.web.forms import edited
    from livingdrug.web.mydata import FIELDS, RULES

    assert {entry.key for entry in RULES} == {f.name for f in fields(NcaSettings)} - {"terminal"} | {"by"}
    typed = {"window": "0 14", "blq_last": "half", "small_molecule": "true", "by": "response", "auc": "linear"}
    made = edited(Nca(file="example"), RULES, [typed.get(entry.key, "") for entry in RULES])
    assert made.window == (0, 14) and made.settings().blq_last == "half" and made.by == "response"
    assert in_fields("take another --window 0 14 or --by response", FIELDS).count("the field") == 2


def test_samples_below_the_limit_are_drawn_and_late_times_do_not_press_early_ones(work):
    made = page_of("/data", "kind=nca&file=example&subject=SIM-01", work)
    figures = {part.id: part.figure for part in made._traverse() if getattr(part, "figure", None)}
    below = {n: next(t for t in figures[n]["data"] if t["name"] == "below the limit") for n in ("profiles", "profile")}
    assert len(below["profiles"]["x"]) == 42 and len(below["profile"]["x"]) == 4  # of 323 samples, and of 12
    assert set(below["profiles"]["y"]) == {50.0} and below["profile"]["marker"]["symbol"] == "circle-open"
    axis = figures["profile"]["layout"]["xaxis"]
    at = dict(zip(axis["ticktext"], axis["tickvals"], strict=True))
    assert at["28"] / max(axis["tickvals"]) > 0.25  # a tenth of the days has a third of the axis
    first = figures["profile"]["data"][0]
    assert [x**2 for x in first["x"]] == pytest.approx(first["customdata"])


ANSWERS = {
    "columns": "what was drawn=DVID; a=b=DV", "output": "CART in blood", "unit": "10^9/L",
    "units": "CAR.T=copies/ug; b=cells/uL",
    "time_unit": "h", "infusion_day": "45290", "date_order": "dmy", "duplicates": "mean", "assay": "qPCR",
    "pool_assays": "true", "limit": "50", "logarithms": "10", "dose": "200",
    "dose_unit": "10^6 cells", "untreated": "true", "sheet": "Day 1, blood",
}  # fmt: skip


def test_what_is_typed_into_the_fields_is_what_the_reader_is_told():
    from livingdrug.web.files import READING
    from livingdrug.web.forms import _shown, edited

    scenario = edited(Nca(file="example"), READING, [ANSWERS[entry.key] for entry in READING])
    again = read_query(to_query(scenario))[0]
    assert again == scenario and scenario.reading().units == {"CAR.T": "copies/ug", "b": "cells/uL"}
    assert scenario.reading().columns == {"what was drawn": "DVID", "a=b": "DV"} and scenario.reading().pool_assays
    for entry in READING:
        if not entry.choices:
            assert edited(scenario, [entry], [_shown(getattr(scenario, entry.key), entry)]) == scenario
    assert edited(scenario, READING, [""] * len(READING)) == Nca(file="example")
    with pytest.raises(InputError):
        edited(scenario, READING[:1], ["result"])


@pytest.mark.parametrize(("text", "shown"), [
    ("say --infusion-day 0 or --infusion-day 1, or add a row", '`0` in the field "Day number of the infusion" or `1` in'),
    ("say --column 'what was drawn=DVID' (a profile", '`what was drawn=DVID` in the field "What columns mean" (a profile'),
    ("say it for each, such as --unit CART=copies/ug, or", '`CART=copies/ug` in the field "Units of several outputs", or'),
    ("--unit says mg/L, and", 'the field "Unit of the values" says mg/L'), ("(--pool-assays joins them)", "(the field"),
    ("say --date-order dmy or mdy", '`dmy` in the field "Order of dates" or mdy'),
    ("(--conversion)", '(the field "Conversion between units")'),
])  # fmt: skip
def test_a_page_calls_an_answer_by_its_field(text, shown):
    from livingdrug.web.files import in_fields

    assert shown in in_fields(text) and "--" not in in_fields(text)


def test_no_question_about_a_file_names_an_option_on_a_page(tmp_path):
    """Every fault of the tables that ask, as My data shows it."""
    from livingdrug.data import check
    from livingdrug.web.files import found_in_file

    tables = (
        "ID,day,DV\nA,1,5\nA,8,9\n", "ID,date,infused,DV\nA,1/2/2024,1/1/2024,5\n", "ID,TIME,DV\nA,1,5\nA,1,6\nA,2,-3\n",
        "ID,TIME,DV,probe,CMT\nA,1,5,x,1\nA,1,6,y,2\nA,2,6,x,2\nA,2,6,y,1\n", "ID,TIME,DV\nA,45000,5\nA,45007,9\n",
        "ID,TIME,DV,AMT,EVID\nA,0,,1e8,1\nA,1,5,,0\nB,1,5,,0\n", "ID,TIME,DV,ASSAY\nA,1,5,qPCR\nA,1,6,flow\n",
    )  # fmt: skip
    for text in tables:
        (tmp_path / "t.csv").write_text(text)
        made, _ = found_in_file(check(tmp_path / "t.csv"), {})
        assert "--" not in str(made), text
        assert "findings.csv" in str(made) or not check(tmp_path / "t.csv").findings
