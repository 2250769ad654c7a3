"""Simulated products, to try the commands on: three made-up studies, one attribute that matters, labelled as
simulated."""

import numpy as np

from livingdrug.core.random import normals, uniforms

PATIENTS, SEED = 60, 41
FOLLOWED = 365.0  # d after which nobody is followed
STUDIES = ("simulated A", "simulated B", "simulated C")
EFFECT = 1.3  # SD of the memory factor between responders and others, in the made-up truth
GENES, SETS, IN_SET, LOADING = 300, 6, 20, 0.6


def example_products():
    """A row for each made-up patient: phenotype fractions, release attributes, clinical columns and the
    outcome."""
    import pandas as pd

    n = PATIENTS
    z = {
        name: normals(SEED, f"attributes example {name}", 0, n)
        for name in ("memory", "cd8", "pd1", "vcn", "age", "ldh", "days", "ifng")
    }
    study = np.arange(n) % len(STUDIES)
    responds = uniforms(SEED, "attributes example response", 0, n) < np.array([0.5, 0.45, 0.55])[study]
    memory = z["memory"] + EFFECT * (responds - 0.5)
    logs = np.column_stack([0.9 * memory, 0.3 * z["cd8"] + 0.8, 0.4 - 0.4 * memory, -1.0 - 0.6 * memory])
    parts = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True) * 100
    parts = np.round(parts, 1)
    parts[:, 1] += np.round(100 - parts.sum(axis=1), 1)
    cmax = np.exp(9.5 + 0.5 * memory + 0.9 * normals(SEED, "attributes example cmax", 0, n))
    hazard = np.exp(-0.5 * memory) / 180
    pfs = -np.log(uniforms(SEED, "attributes example pfs", 0, n)) / hazard
    return pd.DataFrame(
        {
            "patient": [f"S{i + 1:02d}" for i in range(n)],
            "study": np.array(STUDIES)[study],
            "Tn/Tscm (%)": parts[:, 0],
            "Tcm (%)": parts[:, 1].round(1),
            "Tem (%)": parts[:, 2],
            "Temra (%)": parts[:, 3],
            "PD-1 (%)": (100 / (1 + np.exp(1.2 - 0.5 * z["pd1"]))).round(1),
            "VCN (copies/cell)": np.exp(0.7 + 0.4 * z["vcn"]).round(2),
            "IFN-g (pg/mL)": np.exp(7 + 0.8 * z["ifng"]).round(0),
            "days in culture": (9 + 1.5 * z["days"]).round(0),
            "age": (58 + 11 * z["age"]).round(0),
            "LDH (U/L)": np.exp(5.5 + 0.4 * z["ldh"]).round(0),
            "response": np.where(
                responds, np.where(z["cd8"] > -0.5, "CR", "PR"), np.where(z["pd1"] > 0, "SD", "PD")
            ),
            "log CMAX": np.log(cmax).round(3),
            "PFS (d)": np.minimum(pfs, FOLLOWED).round(0),
            "PFS event": (pfs <= FOLLOWED).astype(int),
        }
    )


def example_expression():
    """Made-up log expression (genes x products) with the first set of genes raised with the memory factor,
    and the sets."""
    import pandas as pd

    products = example_products()
    n = len(products)
    responds = products["response"].isin(["CR", "PR"]).to_numpy()
    noise = normals(SEED, "attributes example genes", 0, GENES * n).reshape(GENES, n)
    factors = normals(SEED, "attributes example factors", 0, SETS * n).reshape(SETS, n)
    factors[0] += EFFECT * (responds - 0.5)
    x = 6 + np.sqrt(1 - LOADING**2) * noise
    for s in range(SETS):
        x[s * IN_SET : (s + 1) * IN_SET] += LOADING * factors[s]
    genes = [f"SIM{i + 1:03d}" for i in range(GENES)]
    frame = pd.DataFrame(x.round(3), index=pd.Index(genes, name="gene"), columns=list(products["patient"]))
    sets = [
        "\t".join([f"simulated_set_{s + 1}", "simulated", *genes[s * IN_SET : (s + 1) * IN_SET]])
        for s in range(SETS)
    ]
    return frame, "\n".join(sets) + "\n"
