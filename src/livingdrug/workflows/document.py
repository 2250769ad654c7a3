"""A scenario: what is run, as data. On disk it is a TOML document whose `kind` says what it runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from livingdrug.report import Purpose
from livingdrug.workflows.faults import refusal
from livingdrug.workflows.fields import About, about

__all__ = ["Document", "Purpose", "checked", "settings_of", "to_toml"]


class Document(BaseModel):
    """A scenario: unknown keys are refused, defaults are left out when it is written.

    FILES: fields that name files to be read; FOLDERS: fields that name folders of earlier runs (the app opens
    its own alone); CURVES: fields that name a built-in curve or the file of one (the app takes built-in ones
    alone); LONG: whether a screen does not wait for it, so that the app runs it as a job; OUTPUTS: options of
    its command beside --out, --json, --as-scenario and --memory; EXAMPLES: two commands for its help, which a
    test runs; SHORTCUTS: options that are no fields, which `of_options` turns into some.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    FILES: ClassVar[tuple[str, ...]] = ()
    FOLDERS: ClassVar[tuple[str, ...]] = ()
    CURVES: ClassVar[tuple[str, ...]] = ()
    LONG: ClassVar[bool] = False
    OUTPUTS: ClassVar[tuple[str, ...]] = ()
    EXAMPLES: ClassVar[tuple[str, ...]] = ()
    SHORTCUTS: ClassVar[dict[str, About]] = {}

    if TYPE_CHECKING:
        kind: Any = ""  # every kind has its own, as a field


    version: Literal[1] = 1
    purpose: Purpose = Field(default_factory=Purpose)

    @model_validator(mode="before")
    @classmethod
    def renamed(cls, data):
        """The same with the keys of earlier documents under their names of today."""
        return cls.of_today(data) if isinstance(data, dict) else data

    @classmethod
    def of_today(cls, data: dict) -> dict:
        """The fields with the keys of earlier documents under their names of today."""
        said = {field: about(info) for field, info in cls.model_fields.items()}
        made = {field: of.former for field, of in said.items() if of}
        today = {
            old: field for field, names in made.items() for old in names if old in data and field not in data
        }
        return {today.get(name, name): value for name, value in data.items()} if today else data

    @property
    def table_file(self) -> str:
        """Name of the table that a run's folder holds and its script writes."""
        return "results.csv"

    @classmethod
    def of_options(cls, given: dict, say: Callable[[str], None]) -> dict:
        """The fields that the values of its command's options amount to, where an option is not simply a
        field; say: takes a note for the user."""
        return given

    def memory(self) -> float:
        """Bytes that a run takes beside what every run takes (some 300 MB); rough, and rather too much than
        too little.

        Raises what the scenario raises where its model or horizon cannot be.
        """
        return 0.0

    def memory_to_file(self) -> float:
        """The same of a run of which nothing but the table is kept, in a file."""
        return self.memory()


def checked(kind: type[Document], data: dict, origin: str) -> Document:
    """A scenario of this kind from plain data.

    Parameters
    ----------
    kind : type[Document]
        The class of its documents.
    data : dict
        Fields of the document by their names, as TOML gives them.
    origin : str
        What to call it in messages.

    Returns
    -------
    Document

    Raises
    ------
    InputError
        Naming every fault, each by its key.
    """
    data = kind.of_today(data)
    try:
        return kind(**data)
    except ValidationError as error:
        raise refusal(error, kind, data, origin) from None


def to_toml(scenario: Document) -> str:
    """The scenario as a TOML document; defaults are left out.

    Parameters
    ----------
    scenario : Document
        Of any kind.

    Returns
    -------
    str
    """
    import tomli_w

    kept = scenario.model_dump(exclude_defaults=True, exclude_none=True, mode="json")
    return tomli_w.dumps({"kind": scenario.kind, "version": scenario.version, **kept})


def settings_of(scenario: Document) -> dict[str, str]:
    """Every setting in words, those left at their defaults too."""
    given = scenario.model_dump(exclude={"kind", "version", "purpose"}, mode="json")
    return {name: "not given" if value in (None, [], {}) else str(value) for name, value in given.items()}
