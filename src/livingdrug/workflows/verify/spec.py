"""The `verify` kind of scenario: stored reference cases on this machine."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, ClassVar, Literal

from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About
from livingdrug.workflows.verify import cases
from livingdrug.workflows.verify.case import Case, Checked, check

COUNTED = "cases"


class Verify(Document):
    """A check of this installation."""

    LONG: ClassVar = True
    EXAMPLES: ClassVar = ("livingdrug verify", "livingdrug verify --out qualification")

    kind: Literal["verify"] = "verify"
    full: Annotated[
        bool,
        About("Also the cases that take minutes: the anchors of every model, and work shared by processes."),
    ] = False


@dataclass(frozen=True)
class Verified:
    """When and where, and every case with its verdict."""

    when: str
    system: str
    cases: tuple[Checked, ...]

    def of(self, verdict: str) -> list[Checked]:
        """Cases of a verdict."""
        return [checked for checked in self.cases if checked.verdict == verdict]


def run(scenario: Verify, conduct: Conduct = HERE) -> Verified:
    """Compute every case. Raises InputError for workers, of which this has no use."""
    conduct.alone(scenario)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    return Verified(when, system, _checked(list(stored(scenario.full)), conduct.progress))


def stored(full: bool):
    """The cases of every module in `cases`."""
    for module in iter_modules(cases.__path__):
        yield from import_module(f"{cases.__name__}.{module.name}").cases(full)


def _checked(wanted: list[Case], progress: Callable[[int, int], None] | None) -> tuple[Checked, ...]:
    made = []
    for case in wanted:
        made.append(check(case))
        if progress:
            progress(len(made), len(wanted))
    return tuple(made)
