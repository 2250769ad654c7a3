"""`livingdrug example response` and `crb401`: a simulated data set with a known truth, and published dose groups."""

import csv
from importlib.resources import files
from pathlib import Path

import click

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.workflows.examples.kinetics import example_kinetics
from livingdrug.workflows.examples.outcomes import BURDEN, RESPONSE, SEED, SLOPE, SUBJECTS, example_outcomes

ABOUT = f"""Example data for `livingdrug response`.

EVERYTHING HERE IS SIMULATED. No patient is behind any number.

kinetics.csv   transgene in blood by qPCR: curves of the published model stein_2019 (variability sd) with its residual error,
               sampled on realistic days, censored below 50 copies/ug.
endpoints.csv  made up so that they depend on exposure: each unit of ln CMAX multiplies the odds of response by
               exp({RESPONSE:g}) and those of a higher grade of CRS by exp({SLOPE:g}); burden raises the odds of CRS by
               exp({BURDEN:g}) for each SD and goes along with CMAX. Onset lies between days 7 and 13. PFS is longer
               in responders.

Try:
  livingdrug response kinetics.csv --endpoints endpoints.csv --exposure CMAX --endpoint ORR --plots figures
  livingdrug response kinetics.csv --endpoints endpoints.csv --exposure CMAX --endpoint CRS --adjust burden
  livingdrug response kinetics.csv --endpoints endpoints.csv --exposure CMAX --endpoint 'CRS>=3' --onset onset
  livingdrug response kinetics.csv --endpoints endpoints.csv --exposure AUCINT --endpoint ORR --landmark 28 --time PFS
"""
CRB401 = """Responders by dose of idecabtagene vicleucel in the study CRB-401, as published: Raje 2019, N Engl J Med 380:1726,
Table 3 (doi:10.1056/NEJMoa1817226). At 450e6 cells the two groups by BCMA expression are added up.

A dose is no exposure, groups of 3 to 19 patients were not randomised, and a curve through four of them says little: look at
its interval.

Try:
  livingdrug response crb401.csv --exposure dose --endpoint responders --trials patients --plots figures
  livingdrug response crb401.csv --exposure dose --endpoint responders --trials patients --model firth

The later study KarMMa is not here, as its source gives responders at 450e6 cells (44 of 54) and over all doses (94 of 128)
only, which is no curve.
"""


def write_response_example(folder: str) -> None:
    """Write kinetics.csv, endpoints.csv and README.txt. Raises InputError where one of them exists."""
    path = _empty(folder, ("kinetics.csv", "endpoints.csv", "README.txt"))
    kinetics = example_kinetics(SUBJECTS, SEED)
    write_csv(kinetics, path / "kinetics.csv")
    write_csv(example_outcomes(kinetics), path / "endpoints.csv")
    (path / "README.txt").write_text(ABOUT, encoding="utf-8")
    click.echo(f"wrote kinetics.csv, endpoints.csv, README.txt to {folder}: simulated data, labelled so", err=True)
    command = f"{path / 'kinetics.csv'} --endpoints {path / 'endpoints.csv'} --exposure CMAX --endpoint ORR"
    click.echo(f"next: livingdrug response {command}", err=True)


def write_crb401_example(folder: str) -> None:
    """Write crb401.csv and README.txt. Raises InputError where one of them exists."""
    import pandas as pd

    path = _empty(folder, ("crb401.csv", "README.txt"))
    groups = pd.DataFrame(crb401_groups(), columns=["dose (cells)", "responders", "patients", "source"])
    write_csv(groups, path / "crb401.csv")
    (path / "README.txt").write_text(CRB401, encoding="utf-8")
    click.echo(f"wrote crb401.csv, README.txt to {folder}: published dose groups", err=True)
    command = f"{path / 'crb401.csv'} --exposure dose --endpoint responders --trials patients"
    click.echo(f"next: livingdrug response {command}", err=True)


def crb401_groups() -> list[tuple[float, int, int, str]]:
    """(dose, responders, patients, source) of each dose of CRB-401, from the package's table of published responses."""
    text = files("livingdrug.products").joinpath("responses.csv").read_text(encoding="utf-8")
    groups: dict[float, list] = {}
    for row in csv.DictReader(text.splitlines()):
        if row["study"] == "CRB-401" and row["endpoint"] == "objective response" and "-" not in row["dose_cells"]:
            group = groups.setdefault(float(row["dose_cells"]), [0, 0, row["source"]])
            group[0] += int(row["events"])
            group[1] += int(row["n"])
    return [(dose, *group) for dose, group in sorted(groups.items())]


def _empty(folder: str, names: tuple[str, ...]) -> Path:
    """The folder, made where it is missing. Raises InputError where one of the files exists."""
    from livingdrug.report import check_folder

    check_folder(folder)
    path = Path(folder)
    there = [name for name in names if (path / name).exists()]
    if there:
        raise InputError(f"`{path / there[0]}` exists already and is not overwritten; name an empty folder")
    path.mkdir(parents=True, exist_ok=True)
    return path
