"""What every scenario document shares: its version, and what the answer is for, in the words of its user."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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
