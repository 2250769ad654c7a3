"""Simulated samples and endpoints for response and index. The endpoints depend on exposure, in a stated
way."""

from pathlib import Path

from livingdrug.workflows.examples.kinetics import example_kinetics
from livingdrug.workflows.examples.outcomes import BURDEN, RESPONSE, SEED, SLOPE, SUBJECTS, example_outcomes

README = f"""Example data for `livingdrug response`.

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
SAID = "simulated data, labelled so"


def files() -> dict:
    """kinetics.csv and endpoints.csv."""
    kinetics = example_kinetics(SUBJECTS, SEED)
    return {"kinetics.csv": kinetics, "endpoints.csv": example_outcomes(kinetics)}


def next_command(folder: Path) -> str:
    """What to try first."""
    endpoints = f"--endpoints {folder / 'endpoints.csv'}"
    return f"response {folder / 'kinetics.csv'} {endpoints} --exposure CMAX --endpoint ORR"
