"""Fits that run for minutes: each in a process and a folder of its own, known by an address that nobody can guess."""

import json
import secrets
import shutil
import subprocess
import sys
import threading
import time
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import refusal
from livingdrug.fit.store import STATE
from livingdrug.web.fit_worker import ANSWER, INTERRUPTED, JOB, NAME, NUMBERS, PROGRESS, REFUSED, RUN
from livingdrug.web.limits import check_run
from livingdrug.web.uploads import temporary_folder
from livingdrug.workflows import to_script, to_toml
from livingdrug.workflows.fit.spec import Fit

RUNNING, KEPT = 2, 10
GRACE = 10.0  # s that an interrupted fit has to save its state
MOST_HOURS = 6.0
LOST = (
    "there is no fit of this address here (any more): fits live as long as the app that runs them, and only the last "
    f"{KEPT} are kept; start it again from its data"
)
# what is handed out -> the file in the folder of the run
TABLES = ("parameters.csv", "individuals.csv", "predictions.csv", "vpc.csv", "trace.csv", "report.html")
PICTURES = {"picture.svg": "vpc.svg", "picture.png": "vpc.png"}


@dataclass
class Job:
    """One fit. shown: its scenario, with the file as its user calls it; asked: the same with the file's token, which an
    address takes; stopped: why it was told to end, "" where it was not."""

    folder: Path
    shown: Fit
    asked: Fit
    process: subprocess.Popen
    begun: float = field(default_factory=time.monotonic)
    stopped: str = ""

    @property
    def state(self) -> str:
        """What became of it so far: running, finished, interrupted, refused or failed."""
        code = self.process.poll()
        if code is None:
            return "running"
        if (self.folder / ANSWER).is_file():
            return "finished"
        if self.stopped:  # by itself, or ended where it was too busy to listen
            return "interrupted"
        return {INTERRUPTED: "interrupted", 2: "refused"}.get(code, "failed")

    @property
    def can_resume(self) -> bool:
        """Whether SAEM left a state to go on from."""
        return (self.folder / RUN / STATE).is_file()

    def progress(self) -> dict:
        """What the process said last: phase, done, all, objective, left."""
        try:
            return json.loads((self.folder / PROGRESS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {"phase": "starting"}

    def answer(self) -> dict | None:
        """What a fit says that found its numbers, None before; pictures and report may still be made."""
        path = next((self.folder / name for name in (ANSWER, NUMBERS) if (self.folder / name).is_file()), None)
        return json.loads(path.read_text(encoding="utf-8")) if path else None

    def why(self) -> str:
        """Why a fit was refused, or that it failed; its file by the name that its user knows."""
        if self.state == "refused" and (self.folder / REFUSED).is_file():
            said = (self.folder / REFUSED).read_text(encoding="utf-8")
            return said.replace(_data(self.shown), self.shown.file)
        code = self.process.returncode
        if code < 0:
            return f"the system ended this fit (signal {-code}), perhaps for want of memory; fewer subjects take less"
        return f"this fit ended in an error that nobody foresaw (code {code}); the terminal has the details"


class Fits:
    """At most RUNNING fits at once and KEPT in all; the oldest that has ended goes when another one comes."""

    def __init__(self) -> None:
        self._folder = temporary_folder(self)
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        weakref.finalize(self, _end_all, self._jobs)  # before its folder goes

    def start(self, asked: Fit, shown: Fit, data: Path) -> str:
        """Start a fit and give its name. Raises InputError for what the app does not fit, or while RUNNING others run."""
        check_run(asked)
        with self._lock:
            self._check_room()
            folder = self._folder / secrets.token_hex(8)
            try:
                _put_job(folder, shown, data)
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise refusal("the folder of the fit", error) from None
            ident = secrets.token_urlsafe(18)
            self._jobs[ident] = Job(folder, shown, asked, _process(folder, False))
            self._forget()
        return ident

    def job(self, ident: str) -> Job:
        """A fit by its name. Raises InputError where there is none (any more)."""
        with self._lock:
            found = self._jobs.get(ident)
        if found is None:
            raise InputError(LOST)
        if found.state == "running" and time.monotonic() - found.begun > 3600 * MOST_HOURS:
            _stop(found, f"It was stopped after {MOST_HOURS:g} hours.")
        return found

    def known(self, ident: str) -> Job | None:
        """A fit by its name, None where there is none (any more)."""
        return self._jobs.get(ident)

    def cancel(self, ident: str) -> None:
        """Interrupt a fit; SAEM saves where it stands. Raises InputError as `job` does."""
        _stop(self.job(ident), "It was cancelled.")

    def resume(self, ident: str) -> None:
        """Go on from the saved state, or from the beginning where there is none. Raises InputError as `start` does."""
        job = self.job(ident)
        with self._lock:
            if job.state not in ("interrupted", "failed"):
                return
            self._check_room()
            (job.folder / PROGRESS).unlink(missing_ok=True)
            job.begun, job.stopped, job.process = time.monotonic(), "", _process(job.folder, job.can_resume)

    def file(self, ident: str, name: str) -> bytes:
        """A file that a finished fit hands out. Raises InputError where there is none of that name."""
        job = self.job(ident)
        if name == "scenario.toml":
            return to_toml(job.shown).encode()
        if name == "script.py":
            return to_script(job.shown).encode()
        path = result_file(job.folder, name)
        if job.state != "finished" or path is None:
            raise InputError(f"this fit has no file `{name[:40]}`; its page says how far it is")
        return path.read_bytes()

    def _check_room(self) -> None:
        running = sum(job.state == "running" for job in self._jobs.values())
        if running >= RUNNING:
            raise InputError(f"{running} fits are running already; wait for one to end, or cancel one, and start again")

    def _forget(self) -> None:
        ended = [ident for ident, job in self._jobs.items() if job.state != "running"]
        for ident in ended[: max(len(self._jobs) - KEPT, 0)]:
            shutil.rmtree(self._jobs.pop(ident).folder, ignore_errors=True)


def result_file(folder: Path, name: str) -> Path | None:
    """Where a file that is handed out lies in the folder of a job; None for another name, or where there is nothing in it."""
    if name not in TABLES and name not in PICTURES:
        return None
    path = folder / RUN / (name if name in TABLES else Path("pictures") / PICTURES[name])
    return path if path.is_file() and path.stat().st_size > 1 else None


def _put_job(folder: Path, shown: Fit, data: Path) -> None:
    """What the process of a fit reads: the scenario, the data, and how their user calls them."""
    folder.mkdir()
    shutil.copyfile(data, folder / _data(shown))
    here = shown.model_copy(update={"file": str(folder / _data(shown))})
    (folder / JOB).write_text(to_toml(here), encoding="utf-8")
    (folder / NAME).write_text(shown.file, encoding="utf-8")


def _data(scenario: Fit) -> str:
    """How the file of samples is called in the folder of a job."""
    return f"samples{Path(scenario.file).suffix.lower()}"


def _process(folder: Path, resume: bool) -> subprocess.Popen:
    command = [sys.executable, "-P", "-m", "livingdrug.web.fit_worker", str(folder), *(["--resume"] if resume else [])]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, close_fds=True)


def _stop(job: Job, why: str) -> None:
    """Close the input that a fit listens to; one that does not end within GRACE seconds is ended."""
    job.stopped = why
    job.process.stdin.close()
    try:
        job.process.wait(GRACE)
    except subprocess.TimeoutExpired:
        job.process.kill()
        job.process.wait()


def _end_all(jobs: OrderedDict[str, Job]) -> None:
    """End what still runs; nobody would see its answer."""
    for job in jobs.values():
        job.process.kill()
        job.process.wait()
        job.process.stdin.close()
