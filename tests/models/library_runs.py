"""How each model of the table of reference outcomes is run here: conditions in its words -> our models."""

import re

from tests.models.outcomes import Library, Run

# models of the table that are no model of the library, and where they are tested
ELSEWHERE = {
    "kimmel_2021_stochastic": "tests/unit/test_stochastic.py",
    "kirouac_2023_exposure_response": "tests/models/test_ensemble.py",
}


def _number(pattern: str, text: str, default: float | None = None) -> float:
    found = re.search(pattern, text)
    return float(found.group(1)) if found or default is None else default


def kimmel(text: str) -> Run:
    numbers = {
        "mu_tumour": r"rB ([\d.]+)", "rho_car_t": r"rhoC ([\d.]+)", "mu_normal": r"rN ([\d.]+)", "car_t_max": r"KC ([\d.]+)",
        "tumour_volume_0": r"B0 ([\d.]+)",
    }
    vector = "script" if "rhoC 0.037" in text else "paper"
    # the rows were computed with the kB of the paper in both sets; the script's is 4.04858
    changes = {name: _number(p, text) for name, p in numbers.items()} | {"car_t_50": 4.05}
    return Run(f"kimmel_2021:{vector}", changes,
               until=45 / _number(r"rB ([\d.]+)", text))


def hardiansyah(text: str) -> Run:
    vector, total = re.match(r"(UPN\d); ([\d.e]+)e9 cells", text).groups()
    total, split = float(total) * 1e9, "10/30/60" in text
    doses = [f"{part * total}@{day}" for day, part in enumerate((0.1, 0.3, 0.6))] if split else [f"{total}"]
    burden = {"leukaemia_0": 1e9 * _number(r"B0 ([\d.]+)e9", text)} if "B0" in text else {}
    return Run(f"hardiansyah_2019:{vector.lower()}", burden, tuple(doses), 365.0, after=2.0001 if split else 0.0)


def minucci(text: str) -> Run:
    patient, dose = re.match(r"patient (\w+); ([\de+.]+) cells/kg", text).groups()
    return Run(f"minucci_2024:{patient.lower()}", {"dose_per_kg": float(dose)})


def muellerschoell(text: str) -> Run:
    vector = {"ref": "reference", "low": "low"}[re.match(r"class (\w+)", text).group(1)]
    changes = {
        "transplant": _number(r"ASCT (\d)", text), "cd4_cd8": _number(r"CD4/CD8 ([\d.]+)", text),
        "tumour_0": _number(r"U0 ([\d.]+)", text),
    }
    return Run(f"muellerschoell_2021:{vector}", changes, until=365.0)


LIBRARY = {
    "kimmel_2021": Library(kimmel, {"cart": ("car_t_blood", 1), "normal_t": ("normal_t", 1), "tumour": ("tumour", 1)}),
    "hardiansyah_2019": Library(
        hardiansyah,
        {"cart_blood": ("car_t", 1e-9), "b_cells": ("leukaemia", 1e-9), **{c: (c, 1) for c in ("il6", "il10", "ifng")}},
    ),
    "minucci_2024": Library(
        minucci, {"cart": ("car_t_blood", 1), "b_cells": ("b_cells", 1), "b_percent": ("b_cell_percent", 1)}
    ),
    "muellerschoell_2021": Library(
        muellerschoell, {"cart": ("car_t_blood", 1), "tumour": ("tumour", 1), "tcm": ("t_central", 1)}
    ),
}
