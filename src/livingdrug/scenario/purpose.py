"""What every scenario document shares: its version, and what the answer is for, in the words of its user."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livingdrug.scenario.faults import refusal


class Purpose(BaseModel):
    """Why the question is asked; the headings are those of ICH M15 (general principles for model-informed drug
    development). Nobody but the user knows them: what is left empty, a report says is not stated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str = ""
    context_of_use: str = ""
    model_influence: str = ""
    consequence: str = ""
    model_risk: str = ""
    model_impact: str = ""


class Document(BaseModel):
    """A scenario: unknown keys are refused, defaults are left out when it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    purpose: Purpose = Field(default_factory=Purpose)

    @property
    def table_file(self) -> str:
        """Name of the table that a run's folder holds and its script writes."""
        return "results.csv"


def checked(kind: type[Document], data: dict, origin: str) -> Document:
    """A scenario of this kind from plain data; InputError names every fault, each by its key."""
    try:
        return kind(**data)
    except ValidationError as error:
        raise refusal(error, kind, data, origin) from None
