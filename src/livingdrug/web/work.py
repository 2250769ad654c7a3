"""Runs for the screen: recent results are kept, few; long jobs are let in two at a time."""

import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.models import MODEL_FILE
from livingdrug.simulation import CurvesTask, Result
from livingdrug.web.address import D
from livingdrug.web.cancelling import Task, Tasks, asked_name
from livingdrug.web.drawn_times import drawn_times
from livingdrug.web.fits import Fits
from livingdrug.web.limits import MEMORY, OWN, check_run, is_fitted
from livingdrug.web.runs import Runs
from livingdrug.web.uploads import Uploads, is_token, temporary_folder
from livingdrug.web.worker import RUN
from livingdrug.workflows import Document, check_memory, to_toml
from livingdrug.workflows.simulate.spec import Simulation, plan

KEPT_RESULTS, KEPT_RUNS, JOBS, PATIENCE = 12, 6, 2, 20.0
EARLIER = "fitted"  # how the folder of an earlier run is called in what is handed out


class Work:
    """What the app runs, with a bound on everything: results in memory, folders on disk, jobs at once."""

    def __init__(self) -> None:
        self.uploads, self._fits, self._job_runs, self.tasks = Uploads(), Fits(), Runs(), Tasks()
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._runs: OrderedDict[str, Path] = OrderedDict()
        self._folder = temporary_folder(self)
        self._lock, self._jobs = threading.Lock(), threading.BoundedSemaphore(JOBS)

    @property
    def fits(self) -> Fits:
        """Fits that were started in this app."""
        _jobs_are_looked_at()
        return self._fits

    @property
    def runs(self) -> Runs:
        """Other long runs that were started in this app."""
        _jobs_are_looked_at()
        return self._job_runs

    def simulate(self, scenario: Simulation) -> Result:
        """Curves of a scenario, at the times of its table and those that a drawing needs beside them. Raises InputError for
        what is too large for a screen, and what the scenario raises."""
        check_run(scenario)
        key = to_toml(scenario)
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        task = plan(self.located(scenario))
        if not isinstance(task, CurvesTask):
            raise InputError("an exposure has no curves to draw; leave `exposure` out")
        with self.tasks.under(asked_name()):
            result = replace(task, times=drawn_times(task))(0, task.n)
        with self._lock:
            self._results[key] = result
            while len(self._results) > KEPT_RESULTS:
                self._results.popitem(last=False)
        return result

    @contextmanager
    def job(self) -> Iterator[Task]:
        """A place among the long jobs; gives what to call with how much is done, of how much. Whoever asked may cancel it.

        Raises InputError when no place gets free within PATIENCE seconds, and once it is cancelled.
        """
        if not self._jobs.acquire(timeout=PATIENCE):
            raise InputError(f"{JOBS} long jobs are running already; wait for one of them to end and ask again")
        try:
            with self.tasks.under(asked_name()) as task:
                yield task
        finally:
            self._jobs.release()

    def located(self, scenario: D) -> D:
        """The scenario with its uploaded files, and folders of earlier runs, where they lie on this machine.

        Raises InputError for any other file or folder.
        """
        check_run(scenario)
        given = {name: _each(value, lambda token: str(self.uploads.path(token))) for name, value in _files(scenario).items()}
        given |= {name: f"{self.uploads.path(token)}{which}" for name, (token, which) in _curves(scenario).items()}
        given |= {"model": str(self.fitted(getattr(scenario, "model")))} if is_fitted(scenario) else {}  # noqa: B009
        folders = {name: str(self.runs.made(getattr(scenario, name))) for name in scenario.FOLDERS}
        made = scenario.model_copy(update=given | folders)
        if is_fitted(scenario):
            check_memory(made, MEMORY, "")
        return made

    def named(self, scenario: D) -> D:
        """The scenario with its files by the names that their user knows: what is handed out."""
        called = self._called(scenario)
        given = {name: _each(value, called.__getitem__) for name, value in _files(scenario).items()}
        given |= {name: called[token] + which for name, (token, which) in _curves(scenario).items()}
        given |= {"model": MODEL_FILE} if is_fitted(scenario) else {}
        return scenario.model_copy(update=given | dict.fromkeys(scenario.FOLDERS, EARLIER))

    def fitted(self, name: str) -> Path:
        """The model file of a fit, by `fit:` and the name of the fit. Raises InputError where there is none (any more)."""
        job = self.fits.job(name.removeprefix(OWN))
        path = job.folder / RUN / MODEL_FILE
        if job.state != "finished" or not path.is_file():
            raise InputError("the fit of this address has become no model; its page says how far it is")
        return path

    def names(self, scenario: Document) -> dict[str, str]:
        """How files that lie here are called by their user."""
        called = {self.uploads.path(token): name for token, name in self._called(scenario).items()}
        return {str(path): name for path, name in called.items()} | {path.name: name for path, name in called.items()}

    def _called(self, scenario: Document) -> dict[str, str]:
        """Token -> name of each file of a scenario; of several files with one name each has a part of its token in it."""
        tokens = [token for value in _files(scenario).values() for token in ((value,) if isinstance(value, str) else value)]
        tokens += [token for token, _ in _curves(scenario).values()]
        names = {token: self.uploads.name(token) for token in tokens}
        many = [name for name in names.values() if list(names.values()).count(name) > 1]
        return {token: _apart(name, token) if name in many else name for token, name in names.items()}

    def kept_run(self, scenario: Document) -> Path:
        """The folder of a run with its report, made when it is first asked for."""
        from livingdrug.workflows import keep_run

        key = self._key(scenario)
        with self._lock:
            if key in self._runs:
                self._runs.move_to_end(key)
                return self._runs[key]
        with self.job() as progress:
            folder = self._folder / secrets.token_hex(8)
            shown, names = self.named(scenario), self.names(scenario)
            try:
                keep_run(self.located(scenario), folder, progress=progress, shown=shown, names=names)
            except BaseException:  # cancelled too
                shutil.rmtree(folder, ignore_errors=True)
                raise
        with self._lock:
            self._runs[key] = folder
            while len(self._runs) > KEPT_RUNS:
                shutil.rmtree(self._runs.popitem(last=False)[1], ignore_errors=True)
        return folder

    def _key(self, scenario: Document) -> str:
        """What a run is kept by: its files by content and by the names that its report gives them."""
        return to_toml(scenario) + to_toml(self.named(scenario))

    def copy_run(self, scenario: Document, to: Path) -> None:
        """The same folder, copied: the app's own goes when others come. Raises InputError as `kept_run` does."""
        key = self._key(scenario)
        while True:
            folder = self.kept_run(scenario)
            with self._lock:
                if key in self._runs:  # nobody takes it away meanwhile
                    shutil.copytree(folder, to)
                    return

    @property
    def folder(self) -> Path:
        """Where files of a moment lie: it goes with the app."""
        return self._folder


def _jobs_are_looked_at() -> None:
    from flask import g, has_request_context

    if has_request_context():
        g.jobs_looked_at = True


def looked_at_jobs() -> bool:
    """Whether the answer to the present request rests on a fit or another run, which goes on meanwhile."""
    from flask import g

    return g.get("jobs_looked_at", False)


def _files(scenario: Document) -> dict[str, str | tuple[str, ...]]:
    """Fields of the scenario that name a file, or several -> its token, or theirs."""
    return {name: getattr(scenario, name) for name in scenario.FILES if getattr(scenario, name)}


def _curves(scenario: Document) -> dict[str, tuple[str, str]]:
    """Fields of the scenario that name a curve of a file -> its token, and which of its curves, `:NAME` or nothing."""
    parts = {name: (getattr(scenario, name) or "").partition(":") for name in scenario.CURVES}
    return {name: (token, sign + which) for name, (token, sign, which) in parts.items() if is_token(token)}


def _apart(name: str, token: str) -> str:
    return f"{Path(name).stem}_{token[:6]}{Path(name).suffix}"


def _each(value: str | tuple[str, ...], of: Callable[[str], str]) -> str | tuple[str, ...]:
    return of(value) if isinstance(value, str) else tuple(map(of, value))
