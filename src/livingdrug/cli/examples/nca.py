"""A small simulated data set for check, nca and compare."""

from pathlib import Path

README = """Example data for `livingdrug check`, `livingdrug nca` and `livingdrug compare`.

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
SAID = "simulated data, labelled so"


def files() -> dict:
    """kinetics.csv and endpoints.csv."""
    from livingdrug.workflows.examples.kinetics import SEED, SUBJECTS, example_endpoints, example_kinetics

    return {"kinetics.csv": example_kinetics(SUBJECTS, SEED), "endpoints.csv": example_endpoints()}


def next_command(folder: Path) -> str:
    """What to try first."""
    return f"nca {folder / 'kinetics.csv'} --endpoints {folder / 'endpoints.csv'} --by response"
