"""`livingdrug example nca`: a small data set that looks like a trial's and is simulated from start to end."""

from pathlib import Path

import click
import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.random import normals, uniforms

SUBJECTS = 24
DAYS = (0.0, 1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 14.0, 17.0, 21.0, 28.0, 60.0, 90.0, 180.0, 270.0, 365.0)
LIMIT = 50.0
SEED = 11
ABOUT = """Example data for `livingdrug check`, `livingdrug nca` and `livingdrug compare`.

EVERYTHING HERE IS SIMULATED. No patient is behind any number.

kinetics.csv   transgene in blood by qPCR: curves of the published model stein_2019 (spread sd) with its residual error,
               sampled on realistic days, censored below 50 copies/ug; follow-up ends at different times. Doses, weights
               and days of sampling are made up.
endpoints.csv  response, CRS and ICANS grade, progression-free survival: made up, drawn independently of exposure.

Try:
  livingdrug check kinetics.csv --endpoints endpoints.csv
  livingdrug nca kinetics.csv --endpoints endpoints.csv --by response --out results.csv --plots pictures
  livingdrug compare kinetics.csv --product tisagenlecleucel --indication ALL --plots pictures
"""


def write_nca_example(folder: str) -> None:
    """Write kinetics.csv, endpoints.csv and README.txt. Raises InputError where one of them exists."""
    from livingdrug.cli.pictures import check_folder
    from livingdrug.core.export import write_csv

    check_folder(folder)
    path = Path(folder)
    names = ("kinetics.csv", "endpoints.csv", "README.txt")
    there = [name for name in names if (path / name).exists()]
    if there:
        raise InputError(f"`{path / there[0]}` exists already and is not overwritten; name an empty folder")
    path.mkdir(parents=True, exist_ok=True)
    write_csv(simulated_kinetics(SUBJECTS, SEED), path / names[0])
    write_csv(_endpoints(), path / names[1])
    (path / names[2]).write_text(ABOUT, encoding="utf-8")
    click.echo(f"wrote {', '.join(names)} to {folder}: simulated data, labelled so", err=True)
    click.echo(f"next: livingdrug nca {path / names[0]} --endpoints {path / names[1]} --by response", err=True)


def simulated_kinetics(count: int, seed: int):
    """One dose row and the samples of each subject, from `stein_2019` with its spread and residual error."""
    import pandas as pd

    from livingdrug.models.catalogue import get_model
    from livingdrug.simulation import draw_subjects, observe, simulate

    model = get_model("stein_2019")
    rows = []
    subjects = draw_subjects(model, count, seed, "sd")
    weights = np.round(np.exp(3.5 + 0.35 * normals(seed, "weight", 0, count)), 1)
    doses = np.round(np.exp(np.log(1.5e8) + 0.4 * normals(seed, "dose", 0, count)), -6)
    ends = np.array(DAYS)[np.floor(10 + 6 * uniforms(seed, "follow-up", 0, count)).astype(int)]
    table = observe(model, simulate(model, subjects, until=DAYS[-1], times=DAYS), LIMIT, seed)
    for i in range(count):
        name = f"SIM-{i + 1:02d}"
        rows.append((name, 0.0, "", "", "", 1, f"{doses[i]:.0f}", "", weights[i]))
        mine = table[(table["subject"] == i + 1) & (table["time"] <= ends[i])]
        shift = np.round(0.06 * normals(seed, "day", i * len(DAYS), len(mine)), 2)
        for sample, late in zip(mine.itertuples(), shift, strict=True):
            day = round(sample.time + (late if sample.time > 0 else 0.0), 2)
            level = f"<{LIMIT:g}" if sample.below_limit else f"{sample.value:.4g}"
            rows.append((name, day, level, "copies/ug", "qPCR", 0, "", LIMIT, weights[i]))
    headings = ["ID", "TIME (d)", "DV", "UNIT", "ASSAY", "EVID", "AMT (cells)", "LIMIT", "WT"]
    return pd.DataFrame(rows, columns=headings)


def _endpoints():
    import pandas as pd

    draw = {name: uniforms(SEED, name, 0, SUBJECTS) for name in ("response", "crs", "icans", "pfs", "event")}
    response = np.where(draw["response"] < 0.6, "CR", np.where(draw["response"] < 0.75, "CRi", "NR"))
    return pd.DataFrame(
        {
            "ID": [f"SIM-{i + 1:02d}" for i in range(SUBJECTS)],
            "RESPONSE": response.astype(object),
            "CRS grade": np.floor(5 * draw["crs"]).astype(int),
            "ICANS grade": np.floor(5 * draw["icans"] ** 3).astype(int),
            "PFS (d)": np.round(30 - 300 * np.log(draw["pfs"])).astype(int),
            "PFS_event": (draw["event"] < 0.6).astype(int),
        }
    )
