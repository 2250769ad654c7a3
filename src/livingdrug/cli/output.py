"""What becomes of an answer: the options that every command shares and that are no part of a scenario."""

from dataclasses import dataclass, fields
from pathlib import Path

import click
from pydantic import BaseModel

from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable, write_csv
from livingdrug.workflows import check_memory


def is_folder(out: str) -> bool:
    """Whether a name given with --out means a folder: it does not end in .csv. Raises InputError for a file of another
    kind."""
    path = Path(out)
    if path.suffix.lower() == ".csv" and not path.is_dir():
        return False
    if path.is_file() or path.suffix.lower() in (".tsv", ".txt", ".xlsx", ".xls", ".json", ".html", ".toml", ".parquet"):
        raise InputError(f"`{out}` cannot be written: end the name in .csv for the table, or name a folder for everything")
    return True


@dataclass(frozen=True)
class Output:
    """out: a CSV file, or a folder for everything; plots: a folder for pictures; as_json: JSON instead of tables;
    as_scenario: print the scenario and run nothing; wide: one row per profile in the CSV file; layout: `nonmem` or
    `monolix`, how samples are written; workers, dask: where a simulation runs; memory: bound in GB on what a run may take."""

    out: str | None = None
    plots: str | None = None
    as_json: bool = False
    as_scenario: bool = False
    wide: bool = False
    workers: int | None = None
    dask: str | None = None
    layout: str | None = None
    resume: bool = False
    memory: float | None = None

    @classmethod
    def taken_from(cls, options: dict) -> "Output":
        """Take these options out of a command's options; what is left describes the scenario."""
        given = {field.name: options.pop(field.name, None) for field in fields(cls)}
        return cls(**{name: value for name, value in given.items() if value is not None})

    def is_settled(self, scenario: BaseModel) -> bool:
        """Whether nothing is left to show: the scenario was printed, or its run went into a folder.

        Else refuse places that cannot be written, before anything is computed.
        """
        if self.as_scenario:
            from livingdrug.workflows import to_toml

            click.echo(to_toml(scenario), nl=False)
            return True
        check_memory(scenario, self.memory)
        if self.out and is_folder(self.out):
            self._keep(scenario)
            return True
        if self.out:
            check_writable(self.out)
        if self.plots:
            from livingdrug.report import check_folder

            check_folder(self.plots)
        return False

    def _keep(self, scenario: BaseModel) -> None:
        """Run into the folder and say what came out; exit code 2 where the run came to no answer."""
        from livingdrug.cli.progress import Progress
        from livingdrug.scale import choose_executor
        from livingdrug.workflows import keep_run

        if self.plots or self.as_json or self.wide or self.layout:
            more = "leave out --plots, --json, --wide and --as, or name a table that ends in .csv"
            raise InputError(f"the folder `{self.out}` will hold tables and pictures; {more}")
        with Progress() as progress:
            answer = keep_run(scenario, self.out, choose_executor(self.workers, self.dask), progress)
        for flag in answer.flags[:20]:
            click.echo(f"caution: {flag}", err=True)
        if len(answer.flags) > 20:
            click.echo(f"... and {len(answer.flags) - 20} more; the report has all of them", err=True)
        for sentence in answer.sentences:
            click.echo(sentence)
        click.echo(f"wrote {self.out}: open {Path(self.out) / 'report.html'}", err=True)
        if not answer.ok:
            raise SystemExit(2)

    def write(self, table, rows: str = "rows") -> None:
        """Write the table to its CSV file, if one is named, and say so."""
        if self.out:
            write_csv(table, self.out)
            click.echo(f"wrote {len(table):,} {rows} to {self.out}", err=True)
