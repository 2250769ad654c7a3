"""`livingdrug run`, `trial` and `report`: documents, designs and folders."""

from livingdrug.cli.output import Output
from livingdrug.core.errors import InputError
from livingdrug.workflows import read_scenario


def run_document(path: str, output: Output) -> None:
    """Run the scenario in a TOML file as its command would."""
    from livingdrug.cli.run import run_scenario

    run_scenario(read_scenario(path), output)


def run_design(path: str, given: dict, output: Output) -> None:
    """Run the trial or escalation in a file, with what the command line says in place of its own."""
    from livingdrug.cli.run import run_scenario

    scenario = read_scenario(path)
    if scenario.kind not in ("trial", "escalation"):
        raise InputError(f"`{path}` is a `{scenario.kind}` scenario, not a trial; `livingdrug run` runs it")
    said = {name: value for name, value in given.items() if value is not None and value is not False}
    if "uncertainty" in said and scenario.kind != "trial":
        raise InputError("--uncertainty: assurance is of a trial; leave it out for an escalation")
    run_scenario(scenario.model_copy(update=said), output)


def remake_report(folder: str, pdf: bool = False, docx: bool = False) -> None:
    """Make the report of a run's folder anew, as PDF and as a Word document too where that is asked for."""
    import click

    from livingdrug.report import file_hash, rebuild

    path = rebuild(folder)
    click.echo(f"wrote {path}: SHA-256 {file_hash(path)}")
    if pdf:
        from livingdrug.report import write_pdf

        path = write_pdf(path)
        click.echo(f"wrote {path}: SHA-256 {file_hash(path)}")
    if docx:
        from livingdrug.report import write_word

        path = write_word(folder)
        click.echo(f"wrote {path}: SHA-256 {file_hash(path)}")


def bind_reports(folders: tuple[str, ...], out: str, title: str, pdf: bool, docx: bool) -> None:
    """One document of several runs, in their order."""
    from pathlib import Path

    import click

    from livingdrug.report import REPORT, bind, file_hash, word_document, write_pdf

    report, path = bind(folders, out, title), Path(out) / REPORT
    made = [path, *([write_pdf(path)] if pdf else []), *([word_document(report, out)] if docx else [])]
    for file in made:
        click.echo(f"wrote {file}: SHA-256 {file_hash(file)}")
