"""Work that takes long says how far it is, and ends where its asker no longer wants it.

A browser gives each question a name (a header of its request). What is computed under a name may be looked at
and cancelled by whoever knows it: the thread that computes is sent `Cancelled`, which it meets at its next
step, as a process meets Ctrl+C.
"""

import ctypes
import re
import sys
import sysconfig
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import livingdrug
from livingdrug.core.errors import InputError

HEADER = "X-Work"
SAID = "this was cancelled; ask again by changing a field, or load the page once more"
KEPT = 200  # names of cancelled work that are remembered: it may wait for its turn still
PATIENCE, BEAT = 600.0, 0.005  # s that a cancelled thread is waited for, between two looks at it
# s between two threads that both have something to do: usually, and while one is looked for
USUAL, EAGER = sys.getswitchinterval(), 1e-4
_OURS = str(Path(livingdrug.__file__).parent)
_THEIRS = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
# code that is left half-done by no one: a module that is being imported, a function that is being compiled
_WHOLE = re.compile(r"<frozen importlib|[/\\]numba[/\\]core[/\\]")
_NAME = re.compile(r"[\w-]{8,64}")


class Cancelled(BaseException):
    """Not an Exception, as whoever catches those goes on."""


@dataclass
class Task:
    """What one thread computes: how much is done, of how much. It takes the place of a progress that is
    called."""

    thread: int
    begun: float = field(default_factory=time.monotonic)
    done: int = 0
    of: int = 0
    first: tuple[float, int] | None = None
    cancelled: bool = False

    def __call__(self, done: int, of: int, *_: object) -> None:
        if self.cancelled:
            raise Cancelled
        if self.first is None or done < self.first[1]:
            self.first = (time.monotonic(), done)
        self.done, self.of = done, of

    def told(self) -> dict:
        """Seconds since it began; done, of and the seconds left, where something is counted."""
        now = time.monotonic()
        said: dict[str, float] = {"seconds": now - self.begun}
        if self.of and self.first is not None:
            more = self.done - self.first[1]
            left = {"left": (now - self.first[0]) / more * (self.of - self.done)} if more > 0 else {}
            said |= {"done": self.done, "of": self.of} | left
        return said


class Tasks:
    """What is computed now, by name."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._cancelled: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def under(self, name: str) -> Iterator[Task]:
        """Compute under a name, "" for work that nobody can cancel. Raises InputError once it is
        cancelled."""
        task = Task(threading.get_ident())
        if not name:
            yield task
            return
        try:
            self._begin(name, task)
            yield task
        except Cancelled:
            raise InputError(SAID) from None
        finally:
            try:
                self._end(name, task)
            except Cancelled:  # it came to its end and was cancelled at once: it comes but once
                self._end(name, task)

    def _begin(self, name: str, task: Task) -> None:
        with self._lock:
            if name in self._cancelled:
                raise InputError(SAID)
            self._tasks[name] = task

    def _end(self, name: str, task: Task) -> None:
        with self._lock:
            if self._tasks.get(name) is task:
                del self._tasks[name]
            if name in self._cancelled:
                _send(task.thread, None)  # what has not arrived is taken back

    def told(self, name: str) -> dict | None:
        """How far work is; None where nothing is computed under that name."""
        task = self._tasks.get(name)
        return task.told() if task else None

    def cancel(self, name: str) -> None:
        """End what is computed under a name, now or as soon as it begins; returns once it has ended, or
        PATIENCE is over."""
        with self._lock:
            known = name in self._cancelled
            self._cancelled[name] = None
            while len(self._cancelled) > KEPT:
                self._cancelled.popitem(last=False)
        sent, last = known, time.monotonic() + PATIENCE
        # who waits long for the interpreter gets it where the thread waits itself, which is in libraries
        sys.setswitchinterval(EAGER)
        try:
            while time.monotonic() < last:
                with self._lock:
                    task = self._tasks.get(name)
                    if task is None:
                        return
                    task.cancelled = True  # work that says how far it is ends as it says so
                    if not sent and _may_end(task.thread):
                        _send(task.thread, Cancelled)
                        sent = True
                time.sleep(BEAT)
        finally:
            sys.setswitchinterval(USUAL)


def _send(thread: int, what: type[BaseException] | None) -> None:
    """Raise something in a thread at its next step; None takes back what has not arrived."""
    given = ctypes.py_object(what) if what is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), given)


def _may_end(thread: int) -> bool:
    """Whether a thread is at a place where it may end: in no library, and in nothing that is done whole or not at all. As the
    asker holds the interpreter, the thread meets what it is sent there and not a step later."""
    frame = sys._current_frames().get(thread)
    if frame is None or not _is_ours(frame.f_code.co_filename):
        return False
    while frame is not None:
        if _WHOLE.search(frame.f_code.co_filename):
            return False
        frame = frame.f_back
    return True


def _is_ours(file: str) -> bool:
    """Whether code is of this package, or of whoever uses it, and of no library."""
    return file.startswith(_OURS) or not file.startswith(("<", *_THEIRS))


def asked_name() -> str:
    """What the browser calls the question that is being answered, "" outside of a request or where it says
    nothing."""
    from flask import has_request_context, request

    said = request.headers.get(HEADER, "") if has_request_context() else ""
    return said if _NAME.fullmatch(said) else ""


def register(server, tasks: Tasks) -> None:
    """The routes: how far work is, and its end."""
    from flask import Response, jsonify

    @server.route("/task/<name>")
    def look(name: str):
        told = tasks.told(name)
        return jsonify(told) if told is not None else Response("", 204)

    @server.route("/task/<name>", methods=["DELETE"])
    def cancel(name: str):
        # what is being compiled or imported is waited for, by nobody who has other things to ask
        if _NAME.fullmatch(name):
            threading.Thread(target=tasks.cancel, args=(name,), daemon=True).start()
        return Response("", 204)
