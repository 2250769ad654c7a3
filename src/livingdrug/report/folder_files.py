"""The files of a run's folder, by their names and hashes."""

import hashlib
from pathlib import Path

RECORD, REPORT = "record.json", "report.html"


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
