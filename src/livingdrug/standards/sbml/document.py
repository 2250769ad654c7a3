"""An SBML file, looked at before it is parsed, as libsbml's model.

A file may come from anywhere: its size is bounded, and a document type, entities and packages that change the
mathematics are refused before any parser sees them. Nothing is fetched.
"""

import re
import stat
from pathlib import Path

from livingdrug.core.errors import InputError, printable

ENDINGS = (".xml", ".sbml")
MAX_BYTES = 20_000_000
_DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY)|<\?xml-stylesheet|<xi:include", re.IGNORECASE)


def is_sbml_file(name: str) -> bool:
    """Whether a file is SBML by its name."""
    return Path(name).suffix.lower() in ENDINGS


def read_document(path: str | Path):
    """libsbml's document of a file.

    Raises InputError, in one sentence, for what cannot be read or is not allowed in it.
    """
    text, name = _text(Path(path)), printable(str(path))
    found = _DECLARATION.search(text)
    if found:
        raise InputError(
            f"`{name}` holds `{found.group()}`: document type declarations, entities and includes are not "
            "allowed; save the model as plain SBML"
        )
    if "<sbml" not in text[:10_000]:
        raise InputError(f"`{name}` is no SBML: no element `sbml` stands at its beginning")
    document = _libsbml().readSBMLFromString(text)
    _check(document, text, name)
    return document


def _libsbml():
    try:
        import libsbml
    except ImportError:
        raise InputError(
            "SBML is read with python-libsbml, which is not installed; install it: pip install "
            "'livingdrug[standards]'"
        ) from None
    return libsbml


def _text(path: Path) -> str:
    name = printable(str(path))
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"`{name}` is a folder, a device or a pipe; name an SBML file")
        if status.st_size > MAX_BYTES:
            raise InputError(
                f"`{name}` is larger than {MAX_BYTES:,} bytes; that is no model that could be solved here"
            )
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"`{name}` was not found") from None
    except OSError as error:
        raise InputError(f"`{name}` cannot be read: {error.strerror or error}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"`{name}` cannot be read as text in UTF-8 ({error.reason}); save it as UTF-8"
        ) from None


def _check(document, text: str, name: str) -> None:
    """Errors of the file itself, and packages that are required to understand it."""
    libsbml = _libsbml()
    errors = [document.getError(i) for i in range(document.getNumErrors())]
    for error in errors:
        if error.getErrorId() in (libsbml.RequiredPackagePresent, libsbml.UnrequiredPackagePresent):
            continue
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            raise InputError(
                f"`{name}` line {error.getLine()} is not valid SBML: {printable(error.getShortMessage())}"
            )
    opening = re.search(r"<sbml\b[^>]*>", text)
    for package in re.findall(
        r"(\w+):required\s*=\s*[\"']\s*(?:true|1)\s*[\"']", opening.group() if opening else ""
    ):
        raise InputError(
            f"`{name}` needs the SBML package `{package}`, which is not supported; only the core is read"
        )
    if document.getLevel() < 2:
        raise InputError(f"`{name}` is SBML level {document.getLevel()}; levels 2 and 3 are read")
    if document.getModel() is None:
        raise InputError(f"`{name}` holds no model")
