"""What an answer is for, in the words of its user."""

from pydantic import BaseModel, ConfigDict


class Purpose(BaseModel):
    """Why the question is asked; the headings are those of ICH M15 (general principles for model-informed
    drug development). Nobody but the user knows them: what is left empty, a report says is not stated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str = ""
    context_of_use: str = ""
    model_influence: str = ""
    consequence: str = ""
    model_risk: str = ""
    model_impact: str = ""
