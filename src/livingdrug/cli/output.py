"""What becomes of an answer: the options that every command shares and that are no part of a scenario."""

from dataclasses import dataclass, fields
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.tables import PARQUET


def is_folder(out: str) -> bool:
    """Whether a name given with --out means a folder: it ends in neither .csv, .parquet nor .xpt. Raises InputError
    for a file of another kind."""
    path = Path(out)
    if path.suffix.lower() in (".csv", ".xpt", PARQUET) and not path.is_dir():
        return False
    if path.is_file() or path.suffix.lower() in (
        ".tsv",
        ".txt",
        ".xlsx",
        ".xls",
        ".json",
        ".html",
        ".toml",
    ):
        raise InputError(
            f"`{out}` cannot be written: end the name in .csv (or .parquet) for the table, or name a folder for everything"
        )
    return True


@dataclass(frozen=True)
class Output:
    """out: a CSV file, or a folder for everything; plots: a folder for pictures; as_json: JSON instead of tables;
    as_scenario: print the scenario and run nothing; layout: another layout of the table (`wide`: one row per profile), wide:
    that one; workers, dask: where a simulation runs; resume: go on from a saved state; shard: compute one part of a run;
    memory: bound in GB on what a run may take; yes: start a run beyond the limits of time and disk."""

    out: str | None = None
    plots: str | None = None
    as_json: bool = False
    as_scenario: bool = False
    wide: bool = False
    workers: int | None = None
    dask: str | None = None
    layout: str | None = None
    resume: bool = False
    shard: str | None = None
    memory: float | None = None
    yes: bool = False

    @classmethod
    def taken_from(cls, options: dict) -> "Output":
        """Take these options out of a command's options; what is left describes the scenario."""
        given = {field.name: options.pop(field.name, None) for field in fields(cls)}
        return cls(**{name: value for name, value in given.items() if value is not None})
