"""What a field of a scenario is, said once: the command line, faults, the app and the docs are made of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from livingdrug.core.errors import InputError
from livingdrug.core.words import parts

COMMAND_LINE = "command line"  # as the origin of what a scenario is made of
INPUT, MODEL, METHOD, OUTPUT = "Input file", "Model", "Method", "Output"  # headings of a command's help


@dataclass(frozen=True)
class About:
    """What stands beside the type of a field, as `fold: Annotated[float | None, About("...")] = None`.

    Attributes
    ----------
    text : str
        What it is, in the words of the field; a sentence for the help of the option.
    flags : tuple of str
        Names of the option, the first one shown, old ones after it; `--name-of-the-field` by default.
    group : str
        Heading in the help of the command.
    unit : str
        Of the value, where it has one.
    metavar : str
        What stands for the value in the help, such as NAME=VALUE.
    example : str
        A value, for messages.
    argument : bool
        Given by its place and not by a flag.
    read : callable or None
        (texts of all its uses, name of the option) -> value, where the text is not the value itself.
    hidden : bool
        Has no option; it is written in a document only.
    former : tuple of str
        Names that the field had in earlier documents and on the command line; they go on working.
    """

    text: str
    flags: tuple[str, ...] = ()
    group: str = METHOD
    unit: str = ""
    metavar: str = ""
    example: str = ""
    argument: bool = False
    read: Callable[[tuple[str, ...], str], Any] | None = None
    hidden: bool = False
    former: tuple[str, ...] = ()

    def under(self, group: str = METHOD, former: tuple[str, ...] = ()) -> "About":
        """The same under another heading, or with former names, for a field that several kinds have."""
        return replace(self, group=group, former=former or self.former)


def about(field) -> About | None:
    """What is said of a field of a document; None for a field that only documents have.

    Parameters
    ----------
    field
        Of pydantic.

    Returns
    -------
    About or None
    """
    return next((part for part in field.metadata if isinstance(part, About)), None)


def option_names(name: str, field) -> tuple[str, ...]:
    """Every name of the option of a field, that of today first.

    Parameters
    ----------
    name : str
        Of the field.
    field
        Of pydantic.

    Returns
    -------
    tuple of str
    """
    said = about(field)
    names = said.flags if said and said.flags else (f"--{name.replace('_', '-')}",)
    return (*names, *(f"--{old.replace('_', '-')}" for old in (said.former if said else ())))


def flag_of(name: str, field) -> str:
    """How the option of a field is called in messages: its first long name.

    Parameters
    ----------
    name : str
        Of the field.
    field
        Of pydantic.

    Returns
    -------
    str
    """
    flags = option_names(name, field)
    return next((flag for flag in flags if flag.startswith("--")), flags[0])



def commas(texts: Iterable[str], _: str = "") -> tuple[str, ...]:
    """Texts between commas, of all uses of an option."""
    return tuple(part for text in texts for part in parts(text))


def numbers(texts: Iterable[str], option: str) -> tuple[float, ...]:
    """Numbers between commas. Raises InputError that names the one that is none."""
    found = []
    for part in commas(texts):
        try:
            found.append(float(part))
        except ValueError:
            raise InputError(
                f"{option}: `{part}` is not a number; write numbers between commas, such as 0,7,14"
            ) from None
    return tuple(found)


def named_numbers(texts: Iterable[str], option: str) -> dict[str, float]:
    """NAME=VALUE texts. Raises InputError that names the text that cannot be read."""
    return dict(named_number(text, option) for text in texts)


def named_number(
    text: str, option: str, form: str = "NAME=VALUE", example: str = "k12=6"
) -> tuple[str, float]:
    """One such text; form and example for the message."""
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        raise InputError(
            f"{option} `{text}` cannot be read; write {form} with a number, such as {example}"
        ) from None
    if not equals:
        raise InputError(f"{option} `{text}` has no `=`; write {form}, such as {example}")
    return name.strip(), number
