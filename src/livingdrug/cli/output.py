"""What becomes of an answer: the options that every command shares and that are no part of a scenario."""

from dataclasses import dataclass, fields

import click
from pydantic import BaseModel

from livingdrug.core.export import check_writable, write_csv


@dataclass(frozen=True)
class Output:
    """out: a CSV file; plots: a folder for pictures; as_json: JSON instead of tables; as_scenario: print the scenario and
    run nothing; wide: one row per profile in the CSV file; layout: `nonmem` or `monolix`, how samples are written."""

    out: str | None = None
    plots: str | None = None
    as_json: bool = False
    as_scenario: bool = False
    wide: bool = False
    layout: str | None = None

    @classmethod
    def taken_from(cls, options: dict) -> "Output":
        """Take these options out of a command's options; what is left describes the scenario."""
        given = {field.name: options.pop(field.name, None) for field in fields(cls)}
        return cls(**{name: value for name, value in given.items() if value is not None})

    def is_settled(self, scenario: BaseModel) -> bool:
        """Whether printing the scenario was all; else refuse places that cannot be written, before anything is computed."""
        if self.as_scenario:
            from livingdrug.scenario import to_toml

            click.echo(to_toml(scenario), nl=False)
            return True
        if self.out:
            check_writable(self.out)
        if self.plots:
            from livingdrug.cli.pictures import check_folder

            check_folder(self.plots)
        return False

    def write(self, table, rows: str = "rows") -> None:
        """Write the table to its CSV file, if one is named, and say so."""
        if self.out:
            write_csv(table, self.out)
            click.echo(f"wrote {len(table):,} {rows} to {self.out}", err=True)
