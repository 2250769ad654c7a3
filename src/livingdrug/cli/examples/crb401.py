"""Published responders by dose in CRB-401 (ide-cel). With their source."""

import csv
from importlib.resources import files as resources
from pathlib import Path

README = """Responders by dose of idecabtagene vicleucel in the study CRB-401, as published: Raje 2019, N Engl J Med 380:1726,
Table 3 (doi:10.1056/NEJMoa1817226). At 450e6 cells the two groups by BCMA expression are added up.

A dose is no exposure, groups of 3 to 19 patients were not randomised, and a curve through four of them says little: look at
its interval.

Try:
  livingdrug response crb401.csv --exposure dose --endpoint responders --trials patients --plots figures
  livingdrug response crb401.csv --exposure dose --endpoint responders --trials patients --model firth

The later study KarMMa is not here, as its source gives responders at 450e6 cells (44 of 54) and over all doses (94 of 128)
only, which is no curve.
"""
SAID = "published dose groups"


def files() -> dict:
    """crb401.csv."""
    import pandas as pd

    columns = ["dose (cells)", "responders", "patients", "source"]
    return {"crb401.csv": pd.DataFrame(crb401_groups(), columns=columns)}


def next_command(folder: Path) -> str:
    """What to try first."""
    return f"response {folder / 'crb401.csv'} --exposure dose --endpoint responders --trials patients"


def crb401_groups() -> list[tuple[float, int, int, str]]:
    """(dose, responders, patients, source) of each dose of CRB-401, from the package's table of published
    responses."""
    text = resources("livingdrug.products").joinpath("responses.csv").read_text(encoding="utf-8")
    groups: dict[float, list] = {}
    for row in csv.DictReader(text.splitlines()):
        if (
            row["study"] == "CRB-401"
            and row["endpoint"] == "objective response"
            and "-" not in row["dose_cells"]
        ):
            group = groups.setdefault(float(row["dose_cells"]), [0, 0, row["source"]])
            group[0] += int(row["events"])
            group[1] += int(row["n"])
    return [(dose, *group) for dose, group in sorted(groups.items())]
