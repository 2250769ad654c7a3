"""Files of the user, kept under generated names in a folder that goes with the process."""

import base64
import binascii
import hashlib
import os
import re
import shutil
import tempfile
import threading
import unicodedata
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import refusal, take
from livingdrug.core.folders import LOCK

MAX_BYTES, MAX_FILES = 20_000_000, 20
DIGITS = 24  # of a token
PREFIX = "livingdrug-"  # of the folders
SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".dat", ".tbl", ".xlsx", ".xlsm")
EXAMPLE = "example"
RESPONSES, PRODUCTS = "example_response", "example_products"
PLATE = {"files": "example_plate", "plan": "example_plate_map", "events": "example_plate_events"}
# simulated ones: token -> how its user sees it called
EXAMPLES = {EXAMPLE: "kinetics.csv", RESPONSES: "response.csv", PRODUCTS: "products.csv"}
STUDY = {"file": "example_study", "endpoints": "example_outcomes"}
EXAMPLES |= dict(zip(STUDY.values(), ("study_samples.csv", "study_endpoints.csv"), strict=True))
EXAMPLES |= dict(zip(PLATE.values(), ("readings.csv", "map.csv", "events.csv"), strict=True))


class Uploads:
    """At most MAX_FILES files of MAX_BYTES each; the oldest goes when another comes. A file is known by
    its token, which is of its content, so that a link to it holds wherever the file is, and by the name
    that its user gave it, of which letters and digits of any script, dots, dashes and underscores are
    kept. Nothing is opened here: the readers of `data` refuse what is no table."""

    def __init__(self) -> None:
        self._folder = temporary_folder(self)
        self._files: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, name: str, contents: str, suffixes: Sequence[str] = SUFFIXES) -> str:
        """Token of a file from the text of a browser (`data:...;base64,...`). Raises InputError for its
        size or kind."""
        name = safe_name(name)
        if Path(name).suffix.lower() not in suffixes:
            raise InputError(
                f"`{name}` is no table that is read here; give a file that ends in {', '.join(suffixes)}"
            )
        head, _, text = contents.partition(",")
        if len(text) * 3 / 4 > MAX_BYTES + 3:
            raise InputError(
                f"`{name}` is larger than {MAX_BYTES / 1e6:g} MB; read it with `livingdrug check` instead"
            )
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise InputError(f"`{name}` did not arrive whole; choose it again") from None
        return self.keep(name, raw)

    def keep(self, name: str, raw: bytes) -> str:
        """Token of a file with this content."""
        with self._lock:
            token = hashlib.sha256(raw).hexdigest()[:DIGITS]
            path = self._place(token, name)
            part = path.with_suffix(".part")
            try:
                if not path.exists():  # of this content: somebody may be reading it
                    part.write_bytes(raw)
                    part.replace(path)
            except OSError as error:
                part.unlink(missing_ok=True)
                raise refusal(name, error) from None
            before = self._files.get(token)
            if before is not None and self._place(token, before) != path:
                self._place(token, before).unlink(missing_ok=True)
            self._files[token] = name
            self._files.move_to_end(token)
            while len(self._files) > MAX_FILES:
                old, title = self._files.popitem(last=False)
                self._place(old, title).unlink(missing_ok=True)
        return token

    def has(self, token: str) -> bool:
        """Whether the file of a token is here."""
        return token in EXAMPLES or token in self._files

    def name(self, token: str) -> str:
        """How its user calls a file. Raises InputError for a token that is not known (any more)."""
        if token in EXAMPLES:
            return EXAMPLES[token]
        if token not in self._files:
            raise InputError(
                "the file of this address is not on this machine (any more); choose it again above"
            )
        return self._files[token]

    def path(self, token: str) -> Path:
        """Where a file lies."""
        name = self.name(token)
        if token in EXAMPLES:
            path = self._folder / f"{token}.csv"
            if not path.exists():
                from livingdrug.core.export import write_csv

                write_csv(_example(token), path)
            return path
        return self._place(token, name)

    def _place(self, token: str, name: str) -> Path:
        """Where the file of a token lies while it goes by a name: readers go by its ending."""
        return self._folder / (token + Path(name).suffix.lower())


def is_token(text: str) -> bool:
    """Whether a text can be that of a file."""
    return re.fullmatch(f"[0-9a-f]{{{DIGITS}}}", text) is not None


def _example(token: str):
    """The table of an example."""
    if token == RESPONSES:
        from livingdrug.workflows.examples.outcomes import example_subjects

        return example_subjects()
    if token in STUDY.values():
        from livingdrug.workflows.examples import outcomes

        kinetics = outcomes.example_kinetics(outcomes.SUBJECTS, outcomes.SEED)
        return kinetics if token == STUDY["file"] else outcomes.example_outcomes(kinetics)
    if token in PLATE.values():
        from livingdrug.assay.example import example_tables

        return example_tables()[EXAMPLES[token]]
    if token == PRODUCTS:
        from livingdrug.attributes import example_products

        return example_products()
    from livingdrug.workflows.examples.kinetics import example_kinetics

    return example_kinetics()


def temporary_folder(owner: object) -> Path:
    """A folder that only this user may read, and that goes with its owner or with the process; where the
    process was killed, the next one takes it away."""
    _remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    handle = os.open(folder / f"{LOCK}.new", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    take(handle)
    os.rename(folder / f"{LOCK}.new", folder / LOCK)  # under its name it is held already
    weakref.finalize(owner, _let_go, folder, handle)
    return folder


def _let_go(folder: Path, handle: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(handle)


def _remove_abandoned() -> None:
    """Folders of this user whose process has died: files of patients are in them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            mine = not folder.is_symlink() and folder.stat().st_uid == os.getuid()
            handle = os.open(folder / LOCK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)) if mine else None
        except (OSError, AttributeError):  # without a lock nothing is known of it; Windows knows no users
            continue
        if handle is not None:
            if take(handle, unknown=False):
                shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


def safe_name(name: str) -> str:
    """The last part of a name, in whatever script, without anything that a shell, a header or a
    spreadsheet could take for more than a name; at most 80 signs and 240 bytes."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    signs = (c if c in "._-" or unicodedata.category(c)[0] in "LMN" else " " for c in last)
    clean = "_".join("".join(signs).split()).lstrip("._-")[-80:]
    while len(clean.encode()) > 240:
        clean = clean[1:]
    return clean or "data.csv"
