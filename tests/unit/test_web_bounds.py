"""Bounds of the app that hold on every route, who is let in, slow connections, and names in any script."""

import base64
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web import serving
from livingdrug.web.address import VIEW, read_query, to_query
from livingdrug.web.app import make_app, page_of
from livingdrug.web.fits import Fits
from livingdrug.web.guard import KEY
from livingdrug.web.limits import check_run
from livingdrug.web.uploads import Uploads, safe_name
from livingdrug.web.work import Work
from livingdrug.workflows import kinds, workflow
from livingdrug.workflows.nca.spec import Nca
from livingdrug.workflows.simulate.spec import Simulation

TRIAL = ("kind=trial&model=stein_2019&control=a&multiplicity=none&arms.0.name=a&arms.0.n={n}&arms.1.name=b&arms.1.n=10"
         "&endpoints.0.name=e&endpoints.0.kind=auc")  # fmt: skip
TOO_MUCH = (
    "kind=fit&file=example&model=stein_2019&method=bayes&draws=100000000",
    "kind=fit&file=example&model=stein_2019&bootstrap=100000000",
    "kind=fit&file=example&model=stein_2019&sir=100000000",
    "kind=simulate&model=stein_2019&subjects=100000000",
    "kind=simulate&model=stein_2019&days=36525&every=0.0001",
    "kind=simulate&model=kirouac_2023&subjects=2000&days=365&every=0.01",
    "kind=index&efficacy_curve=tisagenlecleucel_response&toxicity_curve=tisagenlecleucel_severe_crs&product_model=stein_2019"
    "&subjects=100000000",
    "kind=cure&model=kimmel_2021&values.mu_tumour=0.1&events=all&runs=100000000",
    TRIAL.format(n=100_000_000),
    TRIAL.format(n=10) + "&replicates=100000000",
    TRIAL.format(n=10) + "&sizes=100000000",
    "kind=escalation&rule=3%2B3&levels.0.name=a&levels.0.rate=0.1&patients=100000000",
    "kind=escalation&rule=3%2B3&levels.0.name=a&levels.0.rate=0.1&replicates=100000000",
)


@pytest.fixture(scope="module")
def client():
    return make_app(Work()).server.test_client()


@pytest.mark.parametrize("query", TOO_MUCH)
def test_too_much_is_refused_on_every_route(client, query):
    for name in ("results.csv", "report.html", "picture.svg", "picture.png"):
        answer = client.get(f"/export/{name}?{query}")
        assert answer.status_code == 400 and len(answer.data.splitlines()) == 1, (name, answer.data[:300])
    assert client.get(f"/live?{query}").status_code == 400
    with pytest.raises(InputError):
        check_run(read_query(query)[0])
    for path in ("/", "/data", "/response", "/trial", "/assay", "/fit"):
        said = str(page_of(path, query, Work()))
        assert "Start the fit" not in said and "Traceback" not in said


def test_no_word_of_the_screen_is_a_key_of_a_document():
    """Else an address would lose what was chosen."""
    for kind in kinds():
        assert not set(VIEW) & set(workflow(kind).scenario.model_fields), kind


def test_every_route_of_the_server_is_one_that_is_checked(client):
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}
    ours = {rule for rule in rules if not rule.startswith(("/_dash", "/assets", "/static", "/_favicon", "/_reload"))}
    # /task runs nothing: it tells how far what was asked elsewhere is, and ends it
    assert ours <= {"/", "/<path:path>", "/export/<name>", "/live", "/task/<name>"}, ours
    assert make_app(Work(), key="k").server.test_client().delete("/task/a-question-1").status_code == 403


def test_a_fit_runs_as_a_job_alone(client):
    answer = client.get("/export/report.html?kind=fit&file=example&model=stein_2019")
    assert answer.status_code == 400 and "started on its page" in answer.text
    asked = read_query("kind=fit&file=example&model=stein_2019&draws=2000&method=bayes")[0]
    with pytest.raises(InputError, match="the app fits by"):
        Fits().start(asked, asked, None)


def test_memory_that_is_not_there_ends_one_request(client, monkeypatch):
    def greedy(*arguments):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("livingdrug.web.work.plan", greedy)
        for path in ("/live?model=stein_2019&days=3", "/export/picture.svg?model=stein_2019&days=3"):
            answer = client.get(path)
            assert answer.status_code == 503 and "memory" in answer.text and "Traceback" not in answer.text
    assert client.get("/live?model=stein_2019&days=3").status_code == 200


def test_an_allocation_past_the_bound_fails_and_the_process_goes_on():
    code = (
        "from livingdrug.web import serving\nimport numpy as np\nserving.SPARED = 1.0\nserving._free = lambda: 200_000_000\n"
        "kept = np.ones(1000)\nserving.bound_memory()\n"
        "try:\n    np.ones(300_000_000)\nexcept MemoryError:\n    print('refused', kept.sum())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if not sys.platform.startswith("linux"):
        pytest.skip("the bound is that of Linux")
    assert done.stdout == "refused 1000.0\n", done.stderr


def test_only_who_has_said_the_key_is_let_in():
    server = make_app(Work(), key="secret-key").server
    client = server.test_client()
    for path in ("/", "/_dash-layout", "/live?model=stein_2019", "/export/scenario.toml?model=stein_2019", "/assets/app.js",
                 f"/?{KEY}=wrong", f"/?{KEY}=", f"/?{KEY}=sécret"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 403 and "key" in answer.text, path
    assert client.post("/_dash-update-component", json={}).status_code == 403
    first = client.get(f"/trial?{KEY}=secret-key&kind=power&effect=0.5")
    assert first.status_code == 303 and first.headers["Location"] == "/trial?kind=power&effect=0.5"
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "secret-key" not in first.headers["Location"]
    assert client.get("/").status_code == 200 and client.get("/_dash-layout").status_code == 200
    led = client.get(f"/?{KEY}=secret-key", environ_overrides={"PATH_INFO": "//evil.example/"})
    assert led.headers["Location"] == "/evil.example/"
    assert server.test_client().get("/").status_code == 403


def test_the_printed_address_opens_the_app_and_a_bare_one_does_not():
    command = [sys.executable, "-u", "-m", "livingdrug", "app", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as app:
        try:
            printed = re.search(r"http://127\.0\.0\.1:\d+/\S*", app.stderr.readline()).group()
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            assert browser.open(printed, timeout=60).status == 200
            bare = printed.partition("?")[0]
            assert browser.open(bare + "live?model=stein_2019&days=3", timeout=120).status == 200
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(bare, timeout=60)
        finally:
            app.terminate()
    assert app.returncode == 143


@pytest.fixture
def slow(monkeypatch):
    """(address of a small server that gives up soon)."""
    for name, seconds in (("IDLE", 0.6), ("WHOLE", 1.0)):
        monkeypatch.setattr(serving, name, seconds)

    def application(environ, start):
        read = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(read)))])
        return [read]

    server = serving.server_of(application, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield "127.0.0.1", server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("begun", [b"", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
                                   b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n"])  # fmt: skip
def test_a_connection_that_trickles_is_given_up(slow, begun):
    with socket.create_connection(slow, timeout=20) as connection:
        connection.sendall(begun)
        connection.settimeout(0.2)
        ended = False
        for _ in range(60):
            try:
                if begun:
                    connection.sendall(b"x")
                if connection.recv(1000) == b"":
                    ended = True
                    break
            except TimeoutError:
                continue
            except OSError:
                ended = True
                break
        assert ended
    with socket.create_connection(slow, timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        said = b""
        while more := connection.recv(1000):
            said += more
        assert said.endswith(b"hello")


NAMES = {"患者データ.xlsx": "患者データ.xlsx", "Пациенты 2024.csv": "Пациенты_2024.csv", "δεδομένα.csv": "δεδομένα.csv",
         "विश्लेषण.csv": "विश्लेषण.csv", "بيانات.csv": "بيانات.csv", "a\u202efdp.csv": "a_fdp.csv", "表" * 200 + ".csv": None}


@pytest.mark.parametrize("given", NAMES)
def test_names_in_any_script_go_up_and_come_down(given):
    work = Work()
    uploads, client = work.uploads, make_app(work).server.test_client()
    raw = work.uploads.path("example").read_bytes() if given.endswith(".csv") else b"PK"
    token = uploads.add(given, "data:;base64," + base64.b64encode(raw).decode())
    name = uploads.name(token)
    assert name == (NAMES[given] or name) and len(name.encode()) <= 240 and uploads.path(token).name.isascii()
    answer = client.get(f"/export/scenario.toml?{to_query(Nca(file=token))}")
    assert answer.status_code == 200 and name in answer.data.decode()
    assert name in client.get(f"/export/script.py?{to_query(Nca(file=token))}").data.decode()
    assert "\n" not in safe_name(given) and "/" not in safe_name("../" + given)


def test_files_of_an_app_that_was_killed_go_when_the_next_one_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, signal, sys\nfrom livingdrug.web.uploads import Uploads\nkept = Uploads()\n"
        "kept.keep('patients.csv', b'ID')\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)})
    (tmp_path / "livingdrug-other").mkdir()  # not one of ours
    assert len(list(tmp_path.glob("livingdrug-*/*.csv"))) == 1
    first, second = Uploads(), Uploads()
    assert {p for p in tmp_path.iterdir() if p.name != "livingdrug-other"} == {first._folder, second._folder}
    assert (tmp_path / "livingdrug-other").exists()


def test_a_query_within_the_bounds_is_not_refused():
    scenario = Simulation(model="stein_2019", subjects=200, variability="sd", days=60)
    assert read_query(to_query(scenario))[0] == scenario
