"""An attribute of the product as covariate of a population fit, as docs/attributes.md says it."""

import numpy as np
import pandas as pd

from livingdrug.attributes import example_products
from tests.commands import livingdrug

PLANTED = 1.0  # e-fold change of the level for one unit of the log-ratio


def test_an_attribute_on_the_scale_analysed_enters_a_population_fit(tmp_path):
    """Levels of the simulated kinetics are multiplied by exp(PLANTED * log-ratio): the fit finds the slope."""
    livingdrug("example", "nca", tmp_path)
    kinetics = pd.read_csv(tmp_path / "kinetics.csv", dtype=str)
    ids = list(dict.fromkeys(kinetics["ID"]))
    products = example_products().head(len(ids)).assign(patient=ids)
    products.drop(columns=["response", "log CMAX", "PFS (d)", "PFS event"]).to_csv(tmp_path / "products.csv", index=False)
    said = ("attributes", "check", tmp_path / "products.csv", "--out", tmp_path / "analysed.csv")
    assert livingdrug(*said).returncode == 0

    slope = pd.read_csv(tmp_path / "analysed.csv").set_index("patient")["clr Tn/Tscm (%)"]
    level = pd.to_numeric(kinetics["DV"], errors="coerce")
    moved = level * np.exp(PLANTED * kinetics["ID"].map(slope - slope.mean()))
    kinetics["DV"] = moved.map("{:.6g}".format).where(level.notna(), kinetics["DV"])
    kinetics.to_csv(tmp_path / "moved.csv", index=False)

    ran = livingdrug(
        *("fit", tmp_path / "moved.csv", "--model", "stein_2019", "--random", "c_max,alpha"),
        *("--endpoints", tmp_path / "analysed.csv", "--covariate", "clr Tn/Tscm (%) on c_max exponential"),
        *("--out", tmp_path / "fitted"),
    )
    assert ran.returncode == 0, ran.stderr
    table = pd.read_csv(tmp_path / "fitted" / "parameters.csv").set_index("parameter")
    found = table.loc["clr Tn/Tscm (%) on c_max"]
    # without the planted slope the same data give 0.35 (SE 0.26)
    assert abs(found["value"] - (PLANTED + 0.35)) < 0.15
