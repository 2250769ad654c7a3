"""What a kind of analysis is, and how one is run into a folder, a table or a script.

How a kind is written, or moved here. `workflows/<kind>/` holds three files, and no other file names the kind:

`__init__.py`
    Its docstring alone. The first line stands in the list of commands (at most 64 characters) and begins the
    help of the command `livingdrug <kind>`; the rest follows. No import: the list of commands must not cost a
    start its time.
`spec.py`
    A `Document` with `kind: Literal["<kind>"]` and a field for each thing that can be said. A field is `name:
    Annotated[type, About("what it is, in the words of the field")] = default`; the option of the command, its
    help, the faults of a TOML document and the table in the docs are made of that (`fields.About` has the
    rest: flags, group, unit, choices by `Literal`, a place instead of a flag). `OUTPUTS` names what its
    command offers beside the usual options, `EXAMPLES` two commands, `FILES` the fields that are files,
    `memory()` what a run takes; `COUNTED` of the module says what its progress counts. `run(scenario)`, or
    `run(scenario, conduct)` where it heeds how it is run (workers, progress), gives what was found.
`answer.py`
    `answer(scenario, found) -> Answer`: its words and tables, for the terminal, the report and the app alike.
    Cells are made with `report.answer.cell`; a table for the report alone has `detail=True`. `table(scenario,
    found)`: results.csv, None where there is none. And where there is something of it: `figures(scenario,
    found)` yields (Picture, figure) one by one; `files(scenario, found)` gives name -> further table of a
    folder; `plain(scenario, found)` what --json prints, where it is more than the answer; `layouts(found)`
    gives name -> function that lays the table out otherwise (--as); `script(scenario, out)` the script of a
    folder, where it is not `spec.run` and `answer.table`; `keep(scenario, found, folder)` a folder filled in
    another way; `exit_code(scenario, found)`. In `spec.py`: a kind that runs for more than some seconds has
    "resume" in OUTPUTS and gives `conduct.kept` to its verbs, whose pieces are then kept on the way
    (`core.pieces`); `conducted(scenario, conduct)`, a context around a run and the writing of its folder, where
    more than that is needed; it may give another conduct.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from inspect import signature
from pathlib import Path
from types import ModuleType

from livingdrug.core.errors import InputError, LivingdrugError, printable
from livingdrug.core.export import write_csv
from livingdrug.core.names import unknown
from livingdrug.core.toml import parse_toml, read_text
from livingdrug.report import SCENARIO, Answer, Picture
from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.document import Document, checked, settings_of, to_toml
from livingdrug.workflows.found import kinds, part
from livingdrug.workflows.script import script_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # who computes is loaded by the kind that has use for it
    from livingdrug.scale import Executor, Progress


@dataclass(frozen=True)
class Workflow:
    """A kind of analysis.

    Attributes
    ----------
    kind : str
        Its name.
    scenario : type[Document]
        The class of its documents.
    spec : ModuleType
        The module that says how its answer is told.
    """

    kind: str
    scenario: type[Document]
    spec: ModuleType

    @property
    def counted(self) -> str:
        """What the progress of a run counts: `COUNTED` of the spec, subjects by default."""
        return getattr(self.spec, "COUNTED", "subjects")

    @property
    def telling(self) -> ModuleType:
        """`answer.py`, loaded when something is to be told."""
        return part(self.kind, "answer")

    def _own(self, name: str, default: Callable) -> Callable:
        return getattr(self.telling, name, default)

    def run(self, scenario: Document, conduct: Conduct | None = None):
        """What comes out. Raises InputError for what cannot be, or for workers of a kind that has no use for
        them."""
        conduct = conduct or HERE
        if len(signature(self.spec.run).parameters) > 1:
            return self.spec.run(scenario, conduct)
        conduct.alone(scenario)
        return self.spec.run(scenario)

    def conducted(self, scenario: Document, conduct: Conduct) -> "AbstractContextManager[Conduct | None]":
        """What stands around a run and the writing of its folder; gives how it is run where that is otherwise."""
        from livingdrug.workflows.kept import kept_run

        usual = kept_run if "resume" in scenario.OUTPUTS else lambda *_: nullcontext()
        return getattr(self.spec, "conducted", usual)(scenario, conduct)

    def answer(self, scenario: Document, found) -> Answer:
        """What was found in words and tables, without pictures."""
        return self.telling.answer(scenario, found)

    def table(self, scenario: Document, found):
        """The table of results.csv; None where there is none."""
        return self.telling.table(scenario, found)

    def figures(self, scenario: Document, found) -> Iterator[tuple[Picture, object]]:
        """Pictures with their figures, one by one."""
        return self._own("figures", lambda *_: iter(()))(scenario, found)

    def plain(self, scenario: Document, found) -> dict:
        """What --json prints."""
        return self._own("plain", lambda *given: plain_answer(self.answer(*given)))(scenario, found)

    def layouts(self, found) -> dict[str, Callable]:
        """Name -> function that gives (table, notes) of another layout."""
        return self._own("layouts", lambda _: {})(found)

    def exit_code(self, scenario: Document, found, answer: Answer) -> int:
        """Of the command: 0, or 2 where the run came to no answer."""
        return self._own("exit_code", lambda *_: 0 if answer.ok else 2)(scenario, found)

    def keep(self, scenario: Document, found, folder: Path) -> Answer:
        """Write the tables and pictures into a folder, say what they hold."""
        return self._own("keep", self.keep_as_usual)(scenario, found, folder)

    def keep_as_usual(self, scenario: Document, found, folder: Path) -> Answer:
        """Tables, and figures beside the answer."""
        answer = self.answer(scenario, found)
        tables = self._own("files", lambda *_: {})(scenario, found)
        for name, table in {scenario.table_file: self.table(scenario, found), **tables}.items():
            if table is not None:
                write_csv(table, folder / name)
        return replace(answer, pictures=tuple(self.draw(scenario, found, folder / "pictures")))

    def draw(self, scenario: Document, found, folder: str | Path) -> list[Picture]:
        """Write every picture into a folder."""
        from livingdrug.report import save

        made = []
        for picture, figure in self.figures(scenario, found):
            save(figure, folder, picture.name)
            made.append(picture)
        return made

    def keep_run(self, scenario: Document, folder: Path, conduct: Conduct) -> tuple[Answer, object]:
        """Run, and write into a folder that nobody else writes; gives what was found too."""
        found = self.run(scenario, replace(conduct, out=folder / scenario.table_file, drawn=True))
        return self.keep(scenario, found, folder), found

    def script(self, scenario: Document) -> str | None:
        """The Python script that writes the table; None for a kind that has none."""
        return script_of(scenario, getattr(self.telling, "script", None))


def plain_answer(answer: Answer) -> dict:
    """An answer as plain data."""
    tables = [
        {"title": t.title, "rows": [dict(zip(t.header, row, strict=True)) for row in t.rows]}
        for t in answer.tables
    ]
    return {
        "title": answer.title,
        "sentences": list(answer.sentences),
        "flags": list(answer.flags),
        "tables": tables,
    }


@lru_cache
def _loaded(spec: ModuleType, kind: str) -> Workflow:
    mine = [
        s
        for s in vars(spec).values()
        if isinstance(s, type) and issubclass(s, Document) and s is not Document
    ]
    scenario = next(
        (s for s in mine if "kind" in s.model_fields and s.model_fields["kind"].default == kind), None
    )
    if scenario is None:
        raise TypeError(f'{spec.__name__} holds no Document with `kind: Literal["{kind}"] = "{kind}"`')
    return Workflow(kind, scenario, spec)


def workflow(kind: str) -> Workflow:
    """The kind of this name, which is one of `kinds()`.

    Parameters
    ----------
    kind : str
        Its name.
    """
    return _loaded(part(kind, "spec"), kind)


def read_scenario(path: str | Path) -> Document:
    """The scenario in a TOML file.

    Parameters
    ----------
    path : str or Path
        Of the file.

    Raises
    ------
    InputError
        With every fault at once, each by its key.
    """
    return scenario_of_text(read_text(path), str(path))


def scenario_of_text(text: str, origin: str) -> Document:
    """The scenario in a TOML text.

    Parameters
    ----------
    text : str
        The document as TOML.
    origin : str
        What to call it in messages.

    Raises
    ------
    InputError
        In one printable sentence.
    """
    data = parse_toml(text, origin)
    kind = data.get("kind", "simulate")
    if not isinstance(kind, str) or kind not in kinds():
        raise InputError(printable(f"{origin}: " + unknown("kind", f"{kind}"[:60], kinds())))
    try:
        return checked(workflow(kind).scenario, data, origin)
    except LivingdrugError as error:
        # a key or a text in quotes may hold line breaks or terminal codes
        error.args = (printable(str(error)),)
        raise


def keep_run(
    scenario: Document,
    folder: str | Path,
    executor: "Executor | None" = None,
    progress: "Progress | None" = None,
    shown: Document | None = None,
    names: Mapping[str, str] | None = None,
) -> Answer:
    """Run a scenario into a folder, whole or not at all; an earlier run there is replaced.

    Parameters
    ----------
    scenario : Document
        Of any kind.
    folder : str or Path
        Of the run.
    executor : Executor, optional
        Who computes the subjects, this process by default.
    progress : Progress, optional
        Called with how many are done, and of how many.
    shown : Document, optional
        The scenario that is written down, where the files it reads are called otherwise than the one that is
        run.
    names : Mapping[str, str], optional
        What those files are called here -> how their user calls them. results.csv and pictures as they come,
        scenario.toml, script.py, record.json (what was said, versions, hashes) and report.html.

    Raises
    ------
    InputError
        For a folder of another origin, and what the scenario raises.
    """
    conduct = Conduct(executor, progress)
    made = workflow(scenario.kind)
    return keep_answer(scenario, folder, lambda at: made.keep_run(scenario, at, conduct)[0], shown, names)


def keep_answer(
    scenario: Document,
    folder: str | Path,
    write: Callable[[Path], Answer],
    shown: Document | None = None,
    names: Mapping[str, str] | None = None,
) -> Answer:
    """`keep_run` where the answer has been computed.

    Parameters
    ----------
    scenario : Document
        Of any kind.
    folder : str or Path
        Of the run.
    write : callable
        Puts its files into the folder that it is given, and says what they hold.
    shown : Document, optional
        The scenario that is written down, where its files are called otherwise.
    names : Mapping[str, str], optional
        What files are called here -> how their user calls them.
    """
    from livingdrug.report import Origin, keep

    shown = shown or scenario
    script = workflow(shown.kind).script(shown)
    texts = {SCENARIO: to_toml(shown)} | ({"script.py": script} if script else {})
    return keep(Origin(shown.kind, shown.purpose, settings_of(shown), texts), folder, write, names)


def table_of(scenario: Document):
    """The table that `results.csv` holds, without pictures or words: what --out FILE.csv of the kind's
    command writes.

    Parameters
    ----------
    scenario : Document
        Of any kind.

    Raises
    ------
    InputError
        Where there is none.
    """
    made = workflow(scenario.kind)
    table = made.table(scenario, made.run(scenario))
    if table is None:
        raise InputError(f"this `{scenario.kind}` scenario has no table of its own; run it into a folder")
    return table


def to_script(scenario: Document) -> str:
    """The script, which writes the table of a run's folder.

    Parameters
    ----------
    scenario : Document
        Of any kind.

    Raises
    ------
    InputError
        For a kind that has none.
    """
    script = workflow(scenario.kind).script(scenario)
    if script is None:
        raise InputError(f"a `{scenario.kind}` scenario has no Python script; run it with `livingdrug run`")
    return script
