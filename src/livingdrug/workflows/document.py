"""A scenario: what is run, as data. On disk it is a TOML document whose `kind` says what it runs."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livingdrug.core.errors import InputError, LivingdrugError, printable
from livingdrug.core.names import unknown
from livingdrug.core.toml import parse_toml, read_text
from livingdrug.report.purpose import Purpose
from livingdrug.workflows.faults import refusal

__all__ = ["Document", "Purpose", "checked", "read_scenario", "scenario_of_text", "settings_of", "to_toml"]


class Document(BaseModel):
    """A scenario: unknown keys are refused, defaults are left out when it is written.

    FILES: fields that name files to be read; OUTPUTS: options of its command beside --out, --json, --as-scenario and
    --memory; EXAMPLES: two commands for its help, which a test runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    FILES: ClassVar[tuple[str, ...]] = ()
    OUTPUTS: ClassVar[tuple[str, ...]] = ()
    EXAMPLES: ClassVar[tuple[str, ...]] = ()

    version: Literal[1] = 1
    purpose: Purpose = Field(default_factory=Purpose)

    @property
    def table_file(self) -> str:
        """Name of the table that a run's folder holds and its script writes."""
        return "results.csv"

    @classmethod
    def of_options(cls, given: dict) -> dict:
        """The fields that the values of its command's options amount to, where an option is not simply a field."""
        return given

    def memory(self) -> float:
        """Bytes that a run takes beside what every run takes (some 300 MB); rough, and rather too much than too little.

        Raises what the scenario raises where its model or horizon cannot be.
        """
        return 0.0


def checked(kind: type[Document], data: dict, origin: str) -> Document:
    """A scenario of this kind from plain data; InputError names every fault, each by its key."""
    try:
        return kind(**data)
    except ValidationError as error:
        raise refusal(error, kind, data, origin) from None


def read_scenario(path: str | Path) -> Document:
    """The scenario in a TOML file. Raises InputError with every fault at once, each by its key."""
    return scenario_of_text(read_text(path), str(path))


def scenario_of_text(text: str, origin: str) -> Document:
    """The scenario in a TOML text; origin: what to call it in messages. Raises InputError in one printable sentence."""
    from livingdrug.workflows.base import known_kinds, workflow

    data = parse_toml(text, origin)
    kind = data.get("kind", "simulate")
    if not isinstance(kind, str) or kind not in known_kinds():
        raise InputError(printable(f"{origin}: " + unknown("kind", f"{kind}"[:60], known_kinds())))
    try:
        return checked(workflow(kind).scenario, data, origin)
    except LivingdrugError as error:
        # a key or a text in quotes may hold line breaks or terminal codes
        error.args = (printable(str(error)),)
        raise


def to_toml(scenario: Document) -> str:
    """The scenario as a TOML document; defaults are left out."""
    import tomli_w

    kept = scenario.model_dump(exclude_defaults=True, exclude_none=True, mode="json")
    return tomli_w.dumps({"kind": scenario.kind, "version": scenario.version, **kept})


def settings_of(scenario: Document) -> dict[str, str]:
    """Every setting in words, those left at their defaults too."""
    given = scenario.model_dump(exclude={"kind", "version", "purpose"}, mode="json")
    return {name: "not given" if value in (None, [], {}) else str(value) for name, value in given.items()}
