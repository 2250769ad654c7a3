"""`livingdrug run`, `trial` and `report`: documents, designs and folders."""

from livingdrug.cli.output import Output
from livingdrug.core.errors import InputError
from livingdrug.workflows import read_scenario


def run_document(path: str, output: Output) -> None:
    """Run the scenario in a TOML file as its command would."""
    from livingdrug.cli.run import run_scenario

    run_scenario(read_scenario(path), output)


def run_design(path: str, replicates: int | None, seed: int | None, output: Output) -> None:
    """Run the trial or escalation in a file, with the numbers of the command line in place of its own."""
    from livingdrug.cli.run import run_scenario

    scenario = read_scenario(path)
    if scenario.kind not in ("trial", "escalation"):
        raise InputError(f"`{path}` is a `{scenario.kind}` scenario, not a trial; `livingdrug run` runs it")
    given = {name: value for name, value in (("replicates", replicates), ("seed", seed)) if value is not None}
    run_scenario(scenario.model_copy(update=given), output)


def remake_report(folder: str, pdf: bool = False) -> None:
    """Make the report of a run's folder anew, as PDF too where that is asked for."""
    import click

    from livingdrug.report import file_hash, rebuild

    path = rebuild(folder)
    click.echo(f"wrote {path}: SHA-256 {file_hash(path)}")
    if pdf:
        from livingdrug.report import write_pdf

        path = write_pdf(path)
        click.echo(f"wrote {path}: SHA-256 {file_hash(path)}")
