"""`livingdrug example nca`: a small data set that looks like a trial's and is simulated from start to end."""

from pathlib import Path

import click

from livingdrug.core.errors import InputError

ABOUT = """Example data for `livingdrug check`, `livingdrug nca` and `livingdrug compare`.

EVERYTHING HERE IS SIMULATED. No patient is behind any number.

kinetics.csv   transgene in blood by qPCR: curves of the published model stein_2019 (variability sd) with its residual error,
               sampled on realistic days, censored below 50 copies/ug; follow-up ends at different times. Doses, weights
               and days of sampling are made up.
endpoints.csv  response, CRS and ICANS grade, progression-free survival: made up, drawn independently of exposure.

Try:
  livingdrug check kinetics.csv --endpoints endpoints.csv
  livingdrug nca kinetics.csv --endpoints endpoints.csv --by response --out results.csv --plots figures
  livingdrug compare kinetics.csv --product tisagenlecleucel --indication ALL --plots figures
"""


def write_nca_example(folder: str) -> None:
    """Write kinetics.csv, endpoints.csv and README.txt. Raises InputError where one of them exists."""
    from livingdrug.core.export import write_csv
    from livingdrug.report import check_folder
    from livingdrug.workflows.examples.kinetics import SEED, SUBJECTS, example_endpoints, example_kinetics

    check_folder(folder)
    path = Path(folder)
    names = ("kinetics.csv", "endpoints.csv", "README.txt")
    there = [name for name in names if (path / name).exists()]
    if there:
        raise InputError(f"`{path / there[0]}` exists already and is not overwritten; name an empty folder")
    path.mkdir(parents=True, exist_ok=True)
    write_csv(example_kinetics(SUBJECTS, SEED), path / names[0])
    write_csv(example_endpoints(), path / names[1])
    (path / names[2]).write_text(ABOUT, encoding="utf-8")
    click.echo(f"wrote {', '.join(names)} to {folder}: simulated data, labelled so", err=True)
    click.echo(f"next: livingdrug nca {path / names[0]} --endpoints {path / names[1]} --by response", err=True)
