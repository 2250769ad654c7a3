"""What is wrong in a scenario document, in one sentence."""

from collections.abc import Iterable, Sequence
from typing import get_args

from pydantic import BaseModel, ValidationError

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.workflows.fields import COMMAND_LINE, about, flag_of


def refusal(error: ValidationError, kind: type[BaseModel], data: dict, origin: str) -> InputError:
    """The error that names every fault of a document of this kind, each by its key; entries of a list by
    their names."""
    faults = []
    for fault in error.errors():
        place = _place(fault["loc"], data, fault["type"] == "missing")
        if fault["type"] == "extra_forbidden":
            where = _named(place[:-1], data)
            before = f"`{where}`: " if where else ""
            faults.append(before + unknown("key", str(place[-1]), _keys(kind, place[:-1])))
        else:
            faults.append(_fault(dict(fault), _said(kind, place, data, origin)) + _meaning(kind, place))
    return InputError(f"{origin}: " + "; ".join(dict.fromkeys(faults)))


def _said(kind: type[BaseModel], place: list, data, origin: str) -> str:
    """What the key is called where it was given: by its option on the command line."""
    field = kind.model_fields.get(place[0]) if len(place) == 1 else None
    return (
        flag_of(place[0], field) if origin == COMMAND_LINE and field and about(field) else _named(place, data)
    )


def _meaning(kind: type[BaseModel], place: list) -> str:
    """What a key is, in the first sentence that its field says of itself; "" where it says none."""
    field = kind.model_fields.get(place[0]) if place else None
    said = about(field) if field else None
    return f" ({said.text.partition('. ')[0].rstrip('.')})" if said else ""


def _fault(fault: dict, name: str) -> str:
    """One fault in words. What was got in place of a missing key is the whole document."""
    if fault["type"] == "literal_error":
        allowed = fault["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return f"`{name}`: `{str(fault['input'])[:60]}` is not one of {allowed}"
    got = "" if fault["type"] == "missing" else f", got {fault.get('input')!r}"
    return f"`{name}`: {fault['msg'].lower()}{got}"[:200]


def _place(steps: Sequence, data, absent: bool) -> list:
    """The steps that lead through the document; pydantic's own words for one of several types are none.

    absent: the last step is a key that the document lacks.
    """
    place = []
    for i, step in enumerate(steps):
        if _holds(data, step):
            data = data[step]
        elif not (absent and i == len(steps) - 1):
            continue
        place.append(step)
    return place


def _named(place: list, data) -> str:
    """The key as text; an entry of a list by its `name`, or counted from 1."""
    words = []
    for part in place:
        data = data[part] if data is not None and _holds(data, part) else None
        own = data.get("name") if isinstance(part, int) and isinstance(data, dict) else None
        words.append(own if isinstance(own, str) else str(part + 1 if isinstance(part, int) else part))
    return ".".join(words)


def _holds(data, part) -> bool:
    if isinstance(part, int):
        return isinstance(data, list | tuple) and part < len(data)
    return isinstance(data, dict) and part in data


def _keys(kind: type[BaseModel], place: list) -> Iterable[str]:
    """The keys that a document may have at this place."""
    for part in place:
        if isinstance(part, str) and part in kind.model_fields:
            kind = _model_in(kind.model_fields[part].annotation) or kind
    return kind.model_fields


def _model_in(annotation) -> type[BaseModel] | None:
    """The document within a type such as `tuple[Arm, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
