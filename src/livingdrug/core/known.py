"""What may be absent in general and is there in this place."""

from typing import TypeVar

T = TypeVar("T")


def known(value: T | None, what: str) -> T:
    """The value, of which the caller has made sure that it is there. Raises ValueError that says what is
    missing."""
    if value is None:
        raise ValueError(f"{what} is needed here and is not known")
    return value
