"""Work that is cancelled ends where it is, gives its place back, and leaves what must be whole whole."""

import threading
import time

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web import cancelling
from livingdrug.web.app import make_app
from livingdrug.web.cancelling import HEADER, Cancelled, Tasks
from livingdrug.web.work import JOBS, Work

NAME = "a-question-1"


def begun(tasks: Tasks, body, name: str = NAME):
    """A thread that computes under a name, once it is within; what it ended with is in the list."""
    inside, ended = threading.Event(), []

    def work():
        try:
            with tasks.under(name) as task:
                inside.set()
                body(task)
            ended.append("done")
        except InputError as error:
            ended.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(30)
    return thread, ended


def forever(task):
    while True:
        sum(range(100))


def test_a_loop_without_an_end_is_ended():
    tasks = Tasks()
    thread, ended = begun(tasks, forever)
    assert tasks.told(NAME)["seconds"] >= 0
    tasks.cancel(NAME)
    thread.join(30)
    assert ended == [cancelling.SAID] and tasks.told(NAME) is None


def test_what_has_not_begun_does_not_begin():
    tasks = Tasks()
    tasks.cancel(NAME)
    with pytest.raises(InputError, match="cancelled"), tasks.under(NAME):
        raise AssertionError("it has begun")
    with tasks.under("another-question"):
        pass


def test_work_without_a_name_is_nobody_s_to_cancel():
    tasks = Tasks()
    tasks.cancel("")
    with tasks.under("") as task:
        task(1, 2)


def test_how_far_it_is():
    tasks = Tasks()
    with tasks.under(NAME) as task:
        assert set(tasks.told(NAME)) == {"seconds"}
        task(0, 10)
        task(5, 10)
        told = tasks.told(NAME)
    assert (told["done"], told["of"]) == (5, 10) and told["left"] >= 0


def test_a_library_is_interrupted_at_no_step_of_its_own():
    """A lock that a library holds would be held for ever: here the one that every new thread of a pool needs."""
    from concurrent.futures import ThreadPoolExecutor

    tasks, places = Tasks(), set()

    def body(task):
        try:
            while True:
                with ThreadPoolExecutor(2) as pool:
                    list(pool.map(abs, range(4)))
                for _ in range(100_000):  # steps of one's own
                    pass
        except Cancelled as met:
            trace = met.__traceback__
            while trace.tb_next is not None:
                trace = trace.tb_next
            places.add(trace.tb_frame.f_code.co_filename)
            raise

    for k in range(20):
        name = f"question-{k:04d}"
        thread, ended = begun(tasks, body, name)
        tasks.cancel(name)
        thread.join(600)
        assert ended == [cancelling.SAID]
    assert places == {__file__}
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(abs, range(4))) == [0, 1, 2, 3]


def test_who_swallows_exceptions_is_ended_too():
    tasks = Tasks()

    def stubborn(task):
        while True:
            try:
                forever(task)
            except Exception:
                pass

    thread, ended = begun(tasks, stubborn)
    tasks.cancel(NAME)
    thread.join(30)
    assert ended == [cancelling.SAID]


def test_what_ends_as_it_is_cancelled_takes_nothing_along():
    """Cancelled at every moment around its end: nothing arrives after it, in code that nobody cancelled."""
    tasks = Tasks()
    for k in range(60):
        name, stop = f"question-{k:04d}", threading.Event()

        def until(task, stop=stop):
            while not stop.is_set():
                pass

        thread, ended = begun(tasks, until, name)
        other = threading.Thread(target=tasks.cancel, args=(name,))
        for act in (stop.set, other.start) if k % 2 else (other.start, stop.set):
            act()
        thread.join(30)
        other.join(30)
        assert len(ended) == 1 and ended[0] in ("done", cancelling.SAID)


def test_a_module_that_is_being_imported_is_imported_whole(tmp_path, monkeypatch):
    tasks, release = Tasks(), threading.Event()
    text = "STARTED.set()\nwhile not RELEASE.is_set():\n    pass\nWHOLE = True\n"
    (tmp_path / "slow_to_import.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    import builtins

    started = threading.Event()
    monkeypatch.setattr(builtins, "STARTED", started, raising=False)
    monkeypatch.setattr(builtins, "RELEASE", release, raising=False)

    def body(task):
        import slow_to_import

        assert slow_to_import.WHOLE
        forever(task)

    thread, ended = begun(tasks, body)
    assert started.wait(30)
    other = threading.Thread(target=tasks.cancel, args=(NAME,))
    other.start()
    time.sleep(5 * cancelling.BEAT)
    assert thread.is_alive() and not ended
    release.set()
    thread.join(30)
    other.join(30)
    import slow_to_import

    assert ended == [cancelling.SAID] and slow_to_import.WHOLE


@pytest.mark.parametrize("file", ["results.csv", "report.html"])
def test_a_trial_of_the_app_is_cancelled_by_its_name_and_gives_its_place_back(file):
    from livingdrug.web.address import to_query
    from livingdrug.web.trial import _example_trial

    work = Work()
    app = make_app(work)
    scenario = _example_trial().model_copy(update={"replicates": 20_000})
    name, answers = "a-long-trial-1", []

    def ask():
        client = app.server.test_client()
        answers.append(client.get(f"/export/{file}?{to_query(scenario)}", headers={HEADER: name}))

    thread = threading.Thread(target=ask)
    thread.start()
    client = app.server.test_client()
    while client.get(f"/task/{name}").status_code != 200:
        time.sleep(0.01)
    assert client.get(f"/task/{name}").get_json()["seconds"] >= 0
    assert client.delete(f"/task/{name}").status_code == 204
    thread.join(600)
    assert answers[0].status_code == 400 and "cancelled" in answers[0].text
    assert client.get(f"/task/{name}").status_code == 204
    for _ in range(JOBS):  # every place is free
        assert work._jobs.acquire(timeout=1)


def test_it_is_no_exception():
    assert not issubclass(Cancelled, Exception)
