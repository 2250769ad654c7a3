"""The exceptions of livingdrug.

Every message says what was given, what was expected and what to do, in one sentence that a user can act on.
The command line prints the message and exits with code 2; nothing else in the library prints.
"""


class LivingdrugError(Exception):
    """Parent of all errors that livingdrug raises on purpose."""


class ModelError(LivingdrugError, ValueError):
    """A model, fragment or expression is not valid, or parts do not fit together."""


class UnitError(ModelError):
    """Two units do not agree, or a unit text cannot be read."""


class InputError(LivingdrugError, ValueError):
    """A value, option or file given by the user cannot be used."""


class SolveError(LivingdrugError, ArithmeticError):
    """A trajectory could not be computed."""


class ConvergenceError(LivingdrugError, ArithmeticError):
    """A sampler's draws cannot stand for the distribution that was asked for."""


def printable(text: str) -> str:
    """A text without line breaks and terminal codes, as a message may quote what stands in somebody's
    file."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
