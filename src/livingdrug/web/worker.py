"""The process of one job: reads its folder, says how far it is, leaves files of text. It ends when nobody
holds the other end of its input any more: the app has gone, or somebody pressed Cancel."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from livingdrug.core.errors import LivingdrugError
from livingdrug.core.files import refusal
from livingdrug.core.waiting import listeners

JOB, RUN = "job.toml", "run"
PROGRESS, ANSWER, REFUSED = "progress.json", "answer.json", "refused.txt"
EVERY = 0.25  # s between two words on how far it is
INTERRUPTED = 130


class Progress:
    """How far a job is, in the file PROGRESS: its phase, and of a search or a count how much is done, of
    how much, the objective and the seconds left."""

    def __init__(self, path: Path, last: str = "") -> None:
        self.path, self.phase, self.last = path, "reading the data", last
        self.begun = self.shown = 0.0
        self.first = 0

    def enter(self, phase: str, **more) -> None:
        """Say that another phase begins."""
        self.phase = phase
        write({"phase": phase, **more}, self.path)

    def __call__(self, done: int, every: int, objective: float | None = None) -> None:
        now = time.monotonic()
        if not self.begun or done < self.first:
            self.begun, self.first = now, done
        if now - self.shown < EVERY and done < every:
            return
        self.shown = now
        pace = (now - self.begun) / (done - self.first) if done > self.first else None
        left = None if pace is None else pace * (every - done)
        told = {"done": done, "all": every, "left": left} | (
            {} if objective is None else {"objective": objective}
        )
        if done < every or not self.last:
            write({"phase": self.phase, **told}, self.path)
        else:
            self.enter(self.last, **told)


def write(content: dict, path: Path) -> None:
    """Write plain data, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def conduct(folder: str, say: Progress, run: Callable[[], None]) -> int:
    """Run a job. Exit code: 0 with an answer, 2 refused, 130 interrupted."""
    # a server in the background hands down that it is ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(os, "nice"):
        os.nice(5)  # sliders come first
    path = Path(folder)
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    try:
        listeners.append(lambda what: say.enter(f"compiling {what}, which takes some seconds, once"))
        say.enter("reading the data and preparing the model")
        run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except LivingdrugError as error:
        return _refused(path, str(error))
    except OSError as error:
        return _refused(path, str(refusal(error.filename or "the folder of the job", error)))
    except MemoryError:
        return _refused(path, "the memory of this machine does not suffice for this; less data take less")
    return 0


def _end_with_the_app() -> None:
    """Interrupt the job when the other end of the input is closed."""
    import _thread

    while os.read(0, 1):
        pass
    _thread.interrupt_main()


def _refused(path: Path, why: str) -> int:
    """Say why there is no answer, where there is room for it on the disk."""
    with suppress(OSError):
        (path / REFUSED).write_text(why, encoding="utf-8")
    return 2
