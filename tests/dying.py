"""A process that dies at a chosen moment, played within this one: from then on nothing that it tries changes the disk."""

import os

CHANGES = ("replace", "rename", "unlink", "remove", "rmdir", "mkdir", "fsync", "ftruncate")


class Dead(BaseException):
    """What a killed process would have done next."""


class Dying:
    """Counts what changes the disk, and dies at the `at`-th change: before it is made, as are all that would follow. What
    was written is taken to be on the disk: nothing waits for one."""

    def __init__(self, monkeypatch, at: int | None = None) -> None:
        self.count, self.at = 0, at
        for name in CHANGES:
            change = (lambda handle: None) if name == "fsync" else getattr(os, name)
            monkeypatch.setattr(os, name, self._counted(change))

    def _counted(self, change):
        def counted(*arguments, **named):
            self.count += 1
            if self.at is not None and self.count >= self.at:
                raise Dead
            return change(*arguments, **named)

        return counted


def contents(folder) -> dict[str, bytes]:
    """Name -> bytes of every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
