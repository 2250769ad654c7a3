"""Work that runs for minutes: each in a process and a folder of its own, known by an address that nobody
can guess."""

import json
import secrets
import shutil
import subprocess
import sys
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from livingdrug.core.errors import InputError
from livingdrug.core.files import refusal
from livingdrug.core.known import known
from livingdrug.web.uploads import temporary_folder
from livingdrug.web.worker import ANSWER, INTERRUPTED, PROGRESS, REFUSED
from livingdrug.workflows import Document

RUNNING, KEPT = 2, 10
GRACE = 10.0  # s that an interrupted job has to save its state
MOST_HOURS = 6.0
D = TypeVar("D", bound=Document)
J = TypeVar("J", bound="Job[Any]")


@dataclass
class Job(Generic[D]):
    """One job. shown: its scenario, with files as their user calls them; asked: the same with the files'
    tokens, which an address takes; names: of files in its folder -> how their user calls them; stopped:
    why it was told to end, "" where it was not."""

    folder: Path
    shown: D
    asked: D
    names: dict[str, str]
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

    def progress(self) -> dict:
        """What the process said last: phase, and as far as there are such done, all, objective, left."""
        try:
            return json.loads((self.folder / PROGRESS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {"phase": "starting"}

    def why(self) -> str:
        """Why a job was refused, or that it failed; its files by the names that their user knows."""
        if self.state == "refused" and (self.folder / REFUSED).is_file():
            said = (self.folder / REFUSED).read_text(encoding="utf-8")
            for here, theirs in self.names.items():
                said = said.replace(here, theirs)
            return said
        code, what = self.process.returncode, self.shown.kind.rpartition("-")[2]
        if code < 0:
            return f"the system ended this {what} (signal {-code}), perhaps for want of memory; fewer subjects take less"
        return (
            f"this {what} ended in an error that nobody foresaw (code {code}); the terminal has the details"
        )


class Jobs(Generic[J]):
    """At most RUNNING at once and KEPT in all; the oldest that has ended goes when another one comes.
    WHAT: a job in words; OF: what one is."""

    WHAT: ClassVar[str] = "job"
    OF: type[J]

    def __init__(self) -> None:
        self._folder = temporary_folder(self)
        self._jobs: OrderedDict[str, J] = OrderedDict()
        self._lock = threading.Lock()
        weakref.finalize(self, end_all, self._jobs)  # before its folder goes

    def launch(self, folder: Path, resume: bool = False) -> subprocess.Popen:
        """The process of the job in a folder."""
        raise NotImplementedError

    def begin(self, asked: Document, shown: Document, put: Callable[[Path], dict[str, str]]) -> str:
        """Start a job and give its name. put: writes into its folder what its process reads, and gives the
        names of files.

        Raises InputError while RUNNING others run.
        """
        with self._lock:
            self._check_room()
            folder = self._folder / secrets.token_hex(8)
            try:
                folder.mkdir()
                names = put(folder)
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise refusal(f"the folder of the {self.WHAT}", error) from None
            ident = secrets.token_urlsafe(18)
            self._jobs[ident] = self.OF(folder, shown, asked, names, self.launch(folder))
            self._forget()
        return ident

    def job(self, ident: str) -> J:
        """A job by its name. Raises InputError where there is none (any more)."""
        with self._lock:
            found = self._jobs.get(ident)
        if found is None:
            raise InputError(
                f"there is no {self.WHAT} of this address here (any more): {self.WHAT}s live as long as the "
                f"app that runs them, and only the last {KEPT} are kept; start it again from its data"
            )
        if found.state == "running" and time.monotonic() - found.begun > 3600 * MOST_HOURS:
            _stop(found, f"It was stopped after {MOST_HOURS:g} hours.")
        return found

    def known(self, ident: str) -> J | None:
        """A job by its name, None where there is none (any more)."""
        return self._jobs.get(ident)

    def cancel(self, ident: str) -> None:
        """Interrupt a job, which may save where it stands. Raises InputError as `job` does."""
        _stop(self.job(ident), "It was cancelled.")

    def again(self, job: J, resume: bool = False) -> None:
        """Start a job that did not go to its end once more. Raises InputError as `begin` does."""
        with self._lock:
            if job.state not in ("interrupted", "failed"):
                return
            self._check_room()
            (job.folder / PROGRESS).unlink(missing_ok=True)
            job.begun, job.stopped, job.process = time.monotonic(), "", self.launch(job.folder, resume)

    def _check_room(self) -> None:
        running = sum(job.state == "running" for job in self._jobs.values())
        if running >= RUNNING:
            what = f"{self.WHAT}s"
            raise InputError(
                f"{running} {what} are running already; wait for one to end, or cancel one, and start again"
            )

    def _forget(self) -> None:
        ended = [ident for ident, job in self._jobs.items() if job.state != "running"]
        for ident in ended[: max(len(self._jobs) - KEPT, 0)]:
            shutil.rmtree(self._jobs.pop(ident).folder, ignore_errors=True)


def worker(module: str, folder: Path, *options: str) -> subprocess.Popen:
    """A process that does the job in a folder, and ends when its input is closed."""
    command = [sys.executable, "-P", "-m", module, str(folder), *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, close_fds=True)


def _stop(job: Job[Any], why: str) -> None:
    """Close the input that a job listens to; one that does not end within GRACE seconds is ended."""
    job.stopped = why
    _close(job.process)
    try:
        job.process.wait(GRACE)
    except subprocess.TimeoutExpired:
        job.process.kill()
        job.process.wait()


def _close(process: subprocess.Popen) -> None:
    known(process.stdin, "the input that a job listens to").close()


def end_all(jobs: OrderedDict[str, J]) -> None:
    """End what still runs; nobody would see its answer."""
    for job in jobs.values():
        job.process.kill()
        job.process.wait()
        _close(job.process)
