"""What is wrong in a scenario document, in one sentence."""

from collections.abc import Iterable

from pydantic import ValidationError

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown


def refusal(error: ValidationError, fields: Iterable[str], origin: str) -> InputError:
    """The error that names every fault of a document, each by its key."""
    faults = []
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            faults.append(unknown("key", key, fields))
        else:
            faults.append(f"`{key}`: {fault['msg'].lower()}, got {fault.get('input')!r}"[:200])
    return InputError(f"{origin}: " + "; ".join(faults))
