"""Pages that are kept: the same bytes as a page that is drawn, never an older answer, none of a job, bounded memory."""

import re
from urllib.parse import urlencode

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web import kept_pages
from livingdrug.web.app import make_app
from livingdrug.web.guard import KEY
from livingdrug.web.kept_pages import OUTPUT, KeptPages
from livingdrug.web.pages import pages
from livingdrug.web.work import Work, looked_at_jobs

TABLE = "ID,TIME,DV,EVID,AMT,unit\n1,0,.,1,1e8,\n" + "".join(f"1,{t},{v},0,.,copies/ug\n" for t, v in (
    (1, 20), (3, 300), (7, 4000), (14, 1500), (21, 700), (28, 300)))  # fmt: skip
EXPLORE = ("/explore", "?kind=simulate&model=stein_2019&days=28")
CHEAP = [("/", ""), EXPLORE, ("/models", ""), ("/data", "?kind=nca&file=example"), ("/trial", ""), ("/response", ""),
         ("/paper", ""), ("/study", "?kind=check&file=example_study&endpoints=example_outcomes")]  # fmt: skip


def body(path, search, output=OUTPUT):
    given = [{"id": "address", "property": name, "value": value} for name, value in (("pathname", path), ("search", search))]
    named = [dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in OUTPUT.strip(".").split("...")]
    return {"output": output, "outputs": named, "inputs": given, "changedPropIds": ["address.pathname"]}


def ask(client, path, search=""):
    return client.post("/_dash-update-component", json=body(path, search))


def drawn(monkeypatch, client, address):
    """(answer, whether its page was drawn for it)."""
    calls, module = [], pages()[address[0]]
    real = module.page
    monkeypatch.setattr(module, "page", lambda *given: calls.append(1) or real(*given))
    answer = ask(client, *address)
    monkeypatch.undo()
    return answer, bool(calls)


def without_its_name(page: bytes) -> bytes:
    return re.sub(rb'"data-page":"\w+"', b"", page)


@pytest.fixture(scope="module")
def work():
    return Work()


@pytest.fixture(scope="module")
def client(work):
    return make_app(work).server.test_client()


@pytest.mark.parametrize("address", CHEAP)
def test_a_kept_page_is_the_page_that_another_app_draws(client, monkeypatch, address):
    first, second = ask(client, *address), drawn(monkeypatch, client, address)
    other, was_drawn = drawn(monkeypatch, make_app(Work()).server.test_client(), address)
    assert first.status_code == 200 and was_drawn and not second[1]
    assert without_its_name(second[0].data) == without_its_name(first.data) == without_its_name(other.data)
    assert second[0].headers["Content-Type"] == first.headers["Content-Type"]
    assert second[0].headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_each_kept_page_of_sliders_is_one_of_its_own(client):
    names = [re.search(rb'"data-page":"(\w+)"', ask(client, *EXPLORE).data).group(1) for _ in range(3)]
    assert len(set(names)) == 3


def test_a_file_goes_into_a_page_by_its_content_and_by_its_name(client, work):
    token = work.uploads.keep("first.csv", TABLE.encode())
    address = ("/data", f"?kind=nca&file={token}")
    assert b"first.csv" in ask(client, *address).data
    work.uploads.keep("second.csv", TABLE.encode())
    again = ask(client, *address).data
    assert b"second.csv" in again and b"first.csv" not in again
    other = work.uploads.keep("second.csv", TABLE.replace("4000", "9000").encode())
    assert other != token and b"9000.0" in ask(client, "/data", f"?kind=nca&file={other}").data and b"9000.0" not in again


def test_the_page_of_a_file_that_has_gone_asks_for_it(monkeypatch):
    work = Work()
    client, token = make_app(work).server.test_client(), work.uploads.keep("mine.csv", TABLE.encode())
    address = ("/data", f"?kind=nca&file={token}")
    assert b"mine.csv" in ask(client, *address).data
    for k in range(20):
        work.uploads.keep("other.csv", f"{k}".encode())
    assert b"Choose the same file again" in ask(client, *address).data
    work.uploads.keep("mine.csv", TABLE.encode())
    assert b"Choose the same file again" not in ask(client, *address).data


def test_the_files_of_a_report_go_into_its_page_too():
    work = Work()
    client, token = make_app(work).server.test_client(), work.uploads.keep("first.csv", TABLE.encode())
    address = ("/report", "?" + urlencode([("item", f"kind=nca&file={token}"), ("item", "kind=power&effect=2")]))
    assert b"first.csv" in ask(client, *address).data and b"first.csv" in ask(client, *address).data
    work.uploads.keep("second.csv", TABLE.encode())
    assert b"second.csv" in ask(client, *address).data
    for k in range(20):
        work.uploads.keep("other.csv", f"{k}".encode())
    assert b"cannot be shown" in ask(client, *address).data
    work.uploads.keep("second.csv", TABLE.encode())
    assert b"cannot be shown" not in ask(client, *address).data


def test_a_page_that_could_not_be_answered_is_asked_for_anew(client, work, monkeypatch):
    address = ("/trial", "?kind=power&effect=0.77")

    def busy():
        raise InputError("2 long jobs are running already")

    monkeypatch.setattr(work, "job", busy)
    assert b"long jobs are running" in ask(client, *address).data
    monkeypatch.undo()
    assert b"long jobs are running" not in ask(client, *address).data
    monkeypatch.setattr(pages()["/models"], "page", lambda *_: 1 / 0)
    assert b"ZeroDivisionError" in ask(client, "/models", "?disease=lymphoma").data
    monkeypatch.undo()
    assert b"ZeroDivisionError" not in ask(client, "/models", "?disease=lymphoma").data


@pytest.mark.parametrize("jobs", ["fits", "runs"])
def test_a_page_that_looks_at_a_job_is_drawn_each_time(client, work, monkeypatch, jobs):
    module = pages()["/paper"]
    monkeypatch.setattr(module, "page", lambda query, work: str(len(getattr(work, jobs)._jobs)))
    assert b'"0"' in ask(client, "/paper", f"?of={jobs}").data
    getattr(work, jobs)._jobs["one"] = None
    try:
        assert b'"1"' in ask(client, "/paper", f"?of={jobs}").data
    finally:
        del getattr(work, jobs)._jobs["one"]


def test_only_a_question_for_a_page_is_a_key(work):
    assert kept_pages.key_of(body("/", ""), work) == ("/", "", ())
    for other in (None, [], {}, body("/", "", output="curves.figure"), body("/data", "?kind=nca&file=" + "0" * 24)):
        assert kept_pages.key_of(other, work) is None


def test_nobody_who_lacks_the_key_gets_what_is_kept():
    client = make_app(Work(), key="secret").server.test_client()
    assert ask(client, "/paper").status_code == 403
    client.get(f"/?{KEY}=secret")
    assert ask(client, "/paper").status_code == 200 and ask(client, "/paper").status_code == 200
    client.delete_cookie("livingdrug-80")
    assert ask(client, "/paper").status_code == 403


def test_memory_is_bounded_and_the_oldest_goes_first():
    kept = KeptPages(most=100)
    for k in range(5):
        kept.put((f"/{k}", "", ()), b"x" * 30)
        kept.get(("/0", "", ()))
    assert kept.size == 90 and kept.get(("/0", "", ())) and kept.get(("/4", "", ())) and not kept.get(("/1", "", ()))
    kept.put(("/0", "", ()), b"y" * 10)
    assert kept.size == 70 and kept.get(("/0", "", ())) == b"y" * 10
    kept.put(("/large", "", ()), b"x" * 101)
    assert kept.size == 70 and kept.get(("/large", "", ())) is None


def test_outside_of_a_request_no_job_is_noted(client, work):
    assert work.fits is work.fits and work.runs is work.runs
    with client.application.test_request_context("/"):
        assert not looked_at_jobs()
        assert work.fits
        assert looked_at_jobs()
