"""Files, packages and arithmetic of this machine."""

import base64
import hashlib
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from re import match, split

from livingdrug.workflows.verify.case import INSTALLATION, Case, NotDetermined

GROUP = "installation"
PACKAGE = "livingdrug"


def cases(full: bool) -> Iterator[Case]:
    """Whether what was installed is there, unchanged, and has what it rests on."""
    yield _case("files of the package", "unchanged", _files, "SHA-256 recorded at the installation (RECORD)")
    yield _case("packages that it needs", "all there", _packages, "metadata of the package")
    yield _case("double precision", 2.0**-52, lambda: sys.float_info.epsilon, "IEEE 754")
    yield _case(
        "compiled code", "kept between runs", _compiled, "folder of compiled code, writable by its user alone"
    )


def _case(name: str, expected, got, source: str) -> Case:
    return Case(GROUP, name, expected, got, 0.0, source, stage=INSTALLATION)


def _files() -> str:
    """Compare every Python file with its recorded hash."""
    hashes = {file: file.hash for file in metadata.files(PACKAGE) or () if file.parts[0] == PACKAGE}
    kept = {file: known for file, known in hashes.items() if known}
    if not kept:
        raise NotDetermined("a working copy is in use, whose files have no recorded hashes")
    changed = []
    for file, known in kept.items():
        path = Path(file.locate())
        digest = hashlib.new(known.mode, path.read_bytes()).digest() if path.is_file() else b""
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != known.value:
            changed.append(str(file))
    return f"{len(changed)} changed, such as {changed[0]}" if changed else "unchanged"


def _packages() -> str:
    """Packages that are missing or older than needed; extras are not asked for."""
    faults = []
    for text in metadata.requires(PACKAGE) or ():
        found = match(r"([A-Za-z0-9._-]+)(?:>=([0-9.]+))?", text)
        if found is None or "extra ==" in text:
            continue
        name, least = found.groups()
        try:
            there = metadata.version(name)
        except metadata.PackageNotFoundError:
            faults.append(f"{name} is missing")
            continue
        if least and _numbers(there) < _numbers(least):
            faults.append(f"{name} is {there}, at least {least} is needed")
    return "; ".join(faults) or "all there"


def _numbers(version: str) -> tuple[int, ...]:
    """1.26.4rc1 as (1, 26, 4)."""
    return tuple(int(found[0]) for part in split(r"[.+]", version) if (found := match(r"\d+", part)))


def _compiled() -> str:
    from livingdrug.engine.codegen import cache

    return cache.notice() or "kept between runs"
