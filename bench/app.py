"""How fast the app answers: many clients for two minutes, and the server's part of a slider. Prints, asserts nothing.

    python -m bench.app 50 120     # clients, seconds

Clients ask twice over: first all of them for the same pages, which the app keeps once they are drawn, then each for
questions of its own (another number in every address), where nothing that is kept helps but for the pages without a
question. Beside the times, which depend on who else uses the machine, stand the server's own seconds of processor.
"""

import http.client
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

PAGES = (
    ("/", ""), ("/explore", ""), ("/models", ""), ("/data", "?kind=nca&file=example"), ("/trial", ""), ("/response", ""),
    ("/paper", ""), ("/report", ""), ("/study", "?kind=check&file=example_study&endpoints=example_outcomes"),
)
# the same with a number that no other question has; pages that ask nothing stay as they are
OWN = {
    "/explore": "?kind=simulate&model=kirouac_2023&days=60&values.mu_memory={:.6f}",
    "/data": "?kind=nca&file=example&window=0&window={:.6f}",
    "/trial": "?kind=power&model=stein_2019&variability=sd&fold={:.6f}",
    "/response": "?kind=index&efficacy_curve=tisagenlecleucel_response&toxicity_curve=tisagenlecleucel_severe_crs"
    "&product_model=stein_2019&variability=sd&subjects=2000&fold={:.6f}",
    "/study": "?kind=check&file=example_study&endpoints=example_outcomes&limit={:.6f}",
}
FIRST = {"/explore": 0.5, "/data": 20.0, "/trial": 1.5, "/response": 1.0, "/study": 10.0}  # numbers from here on
STEP = 1e-4
MANY = "kind=simulate&model=kirouac_2023&fragments=tissue&fragments=host_competition&fragments=allogeneic_killing"
MANY += "&values.k_allo=1e-10&subjects=200&cv=0.3&values.k12={:.4g}"
MOVES = 60


class Client:
    """One browser: a connection that has been let in."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)
        self.connection.request("GET", f"/?{parts.query}")
        answer = self.connection.getresponse()
        answer.read()
        self.cookie = answer.getheader("Set-Cookie", "").split(";")[0]

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, float]:
        """(status, seconds) of a request and its whole answer."""
        begin = time.perf_counter()
        headers = {"Cookie": self.cookie, "Content-Type": "application/json"}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - begin

    def page(self, path: str, search: str) -> tuple[int, float]:
        """A page as the browser asks for it when its address changes."""
        names = [("content", "children"), ("menu", "children")]
        body = {
            "output": ".." + "...".join(f"{ident}.{name}" for ident, name in names) + "..",
            "outputs": [{"id": ident, "property": name} for ident, name in names],
            "inputs": [{"id": "address", "property": "pathname", "value": path},
                       {"id": "address", "property": "search", "value": search}],
            "changedPropIds": ["address.pathname"],
        }
        return self.ask("POST", "/_dash-update-component", json.dumps(body))


def percentile(times: list[float], part: float) -> float:
    """A time that `part` of all do not exceed."""
    return sorted(times)[min(int(part * len(times)), len(times) - 1)]


def own_question(path: str, search: str, number: int) -> str:
    """The search of a page with a number that no other question has."""
    return OWN[path].format(FIRST[path] + STEP * number) if path in OWN else search


def processor_seconds(process: int) -> float:
    """Seconds of processor that a process has used so far, nan where the system does not say."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def clients(address: str, count: int, seconds: float, process: int, own: bool) -> None:
    """So many clients, each asking for one page after the other with a second between; own: for pages that nobody else
    asks for."""
    numbers, before = itertools.count(), processor_seconds(process)
    found: dict[str, list[float]] = {path: [] for path, _ in PAGES}
    wrong, lock, end = [], threading.Lock(), time.monotonic() + seconds

    def work(k: int) -> None:
        client = Client(address)
        for turn in range(10_000):
            path, search = PAGES[(k + turn) % len(PAGES)]
            search = own_question(path, search, next(numbers)) if own else search
            if time.monotonic() > end:
                return
            try:
                status, took = client.page(path, search)
            except OSError as error:
                status, took = repr(error), float("nan")
                client = Client(address)
            with lock:
                found[path].append(took) if status == 200 else wrong.append((path, status))
            time.sleep(1)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    pages, what = sum(map(len, found.values())), "questions of their own" if own else "the same pages"
    used = 1000 * (processor_seconds(process) - before) / max(pages, 1)
    print(f"{count} clients, {what}, {seconds:g} s, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors: "
          f"{pages} pages, {len(wrong)} errors {wrong[:3]}, {used:.0f} ms of processor a page")
    for path, times in found.items():
        if times:
            print(f"  {path}: {len(times)} times, median {percentile(times, 0.5):.2f} s, p95 {percentile(times, 0.95):.2f} s")


def slider(address: str) -> None:
    """The server's part of a slider: 200 patients, three mechanisms; the browser's is printed by tests/web/test_app.py."""
    client, times = Client(address), []
    for k in range(MOVES + 10):
        status, took = client.ask("GET", "/live?" + MANY.format(0.5 + 0.01 * k))
        assert status == 200
        times.append(1000 * took)
    times = times[10:]
    print(f"curves of 200 patients, three mechanisms, load {os.getloadavg()[0]:.1f}: median {percentile(times, 0.5):.0f} ms, "
          f"p95 {percentile(times, 0.95):.0f} ms")


def main(count: int, seconds: float) -> None:
    """Start an app, ask, end it."""
    command = [sys.executable, "-u", "-m", "livingdrug", "app", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as app:
        address = re.search(r"http://127\.0\.0\.1:\d+/\?key=\S+", app.stderr.readline()).group()
        warm = Client(address)
        [warm.page(*page) for page in PAGES]  # a first run compiles
        slider(address)
        for own in (False, True):
            clients(address, count, seconds, process=app.pid, own=own)
        app.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50, float(sys.argv[2]) if len(sys.argv) > 2 else 120.0)
