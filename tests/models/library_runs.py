"""How each model of the table of reference outcomes is run here: conditions in its words -> our models."""

import re
from collections.abc import Callable

from livingdrug.models import get_model
from livingdrug.models.published.conte_2025 import effectors
from livingdrug.models.published.owens_bozic_2021 import regimen
from tests.models.outcomes import Library, Run

# models of the table that are no model of the library, and where they are tested
ELSEWHERE = {
    "kimmel_2021_stochastic": "tests/unit/test_stochastic.py",
    "kirouac_2023_exposure_response": "tests/models/test_ensemble.py",
}
# (model, output, quantity) -> the quantity that the row holds, where its words round it
MEANT = {("chaudhury_2020_lv", "cart", "day 182"): "day 182.5"}  # half of the year that was solved
# (model, output, quantity) -> why a row says nothing about the model
UNCLEAR = {
    ("chaudhury_2020_lv", "tumour", "time of max"): "all waves are equally high: which of them is highest is rounding",
    ("langenhorst_2019_fludarabine", "conc_f_ara_a", "CL"): "the AUC to infinity says the same",
    ("ahmed_2020_cyclophosphamide", "conc", "CL"): "the AUC to infinity says the same",
    ("ahmed_2020_cyclophosphamide", "conc", "V"): "the level at the end of the infusion says the same",
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



def leontriana_ball(model: str) -> Callable[[str], Run]:
    return lambda text: Run(model, doses=(f"{_number(r'C0 ([0-9.e]+)', text)}",), until=600.0)


def leontriana_solid(text: str) -> Run:
    return Run("leontriana_2021_solid", doses=(f"{_number(r'C0 ([0-9.e]+)', text)}",), until=200.0)


def leontriana_dual(text: str) -> Run:
    vector = "strong" if "alpha1 0.183" in text else "weak"
    return Run(f"leontriana_2021_dual:{vector}_inactivation", doses=("2e8",), until=200.0)


def barros_hdlm2(text: str) -> Run:
    return Run("barros_2021_hdlm2", doses=("2e6@45", "1e6@250 into=tumour"), until=400.0)


def barros_raji(text: str) -> Run:
    return Run(f"barros_2021_raji:{'ido' if text.startswith('IDO') else 'control'}", doses=("1e7@7",), until=60.0)


def plain(model: str, until: float) -> Callable[[str], Run]:
    return lambda text: Run(model, until=until)


def hanson(text: str) -> Run:
    return Run("hanson_2016", {"ctl_memory_0": 50.0} if "C_m 50" in text else {}, until=3000.0)


def liu(text: str) -> Run:
    if text.startswith("comment vector"):
        return Run("liu_2022:second", until=300.0)
    changes = {}
    for name, pattern in (("k_kill", r"with e ([\d.]+)"), ("k_expansion", r"rTA0 ([\d.]+)"), ("resting_0", r"N0 ([\d.]+)")):
        if re.search(pattern, text):
            changes[name] = _number(pattern, text)
    return Run("liu_2022", changes, until=300.0)


def liu_negative(text: str) -> Run:
    return Run("liu_2022_antigen_negative", {"negative_0": 0.1989} if "Pneg0 0.1989" in text else {}, until=200.0)


def owens(text: str) -> Run:
    patient, burden = re.match(r"P(\d), T0 ([\de+.]+)", text).groups()
    strength, days = 0.0, 0
    if "C5" in text:
        strength, days = _number(r"S5 ([\d.]+)", text), 5
    elif "C3" in text:
        strength, days = 125.0, 3
    day, cells = _number(r"infusion at day (\d+)", text), _number(r"\(([\de+.]+) effective", text)
    cured = not ("P1, T0 1e+09, none" in text or "P2, T0 5e+09, C3" in text or "P4" in text)
    return Run(
        f"owens_bozic_2021:p{patient}", {"tumour_0": float(burden)}, regimen(strength, days, day - days, cells),
        day + (24.0 if cured else 101.0), after=day + 1e-4, zero=day,
    )


def santurio(text: str) -> Run:
    vector = {"0.2*GN0": "first", "0.1*GN0": "second", "0.001*GN0": "third"}[re.search(r"KA ([\d.]+\*GN0)", text).group(1)]
    return Run(f"santurio_2022_glioma:{vector}", doses=(re.match(r"C0 (\w+)", text).group(1),), until=121.0)


def brummer(text: str) -> Run:
    pattern = r"line (\w+), dexamethasone ([\de.-]+) ug/mL, CAR-T start ([\d.]+) CI"
    line, dexamethasone, start = re.match(pattern, text).groups()
    for values in get_model("brummer_2022").values:
        drug = re.search(r"with ([\de.-]+) ug/mL", values.source.note)
        dose = float(drug.group(1)) if drug else 0.0
        same = values.name.startswith(line.lower()) and values.values["effector_0"] == float(start)
        if same and dose == float(dexamethasone):
            return Run(f"brummer_2022:{values.name}", until=168.0)
    raise AssertionError(text)


def conte(text: str) -> Run:
    ratio, tumour = re.match(r"E:T 1:(\d+), T0 (\d+)", text).groups()
    start = {"tumour_0": float(tumour), "car_t_0": effectors(float(tumour), float(ratio))}
    return Run(f"conte_2025_cart:one_to_{ratio}", start, until=72.0)


def conte_virus(text: str) -> Run:
    ratio, virus = re.match(r"E:T 1:(\d+), virus ([\d.]+)", text).groups()
    return Run(f"conte_2025_cart_ov:one_to_{ratio}_{'high' if virus == '0.002' else 'low'}", until=72.0)


def kareva(text: str) -> Run:
    given = re.match(r"([\d.]+) mg/kg, 10 doses, interval (\d+)", text)
    doses = (f"{1000 * float(given.group(1)) / 70!r}@100 every={given.group(2)} repeats=9",) if given else ()
    return Run("kareva_exhaustion", doses=doses, until=3000.0)


def kirschner(text: str) -> Run:
    start = re.search(r"T0 ([^\s;]+) E0 ([^\s;]+) IL ([^\s;]+)", text).groups()
    changes = dict(zip(("tumour_0", "effector_0", "il2_0"), map(float, start), strict=True))
    changes |= {"antigenicity": _number(r"c ([\de.-]+)", text), "transferred": _number(r"s1 (\d+)", text, 0.0)}
    return Run("kirschner_panetta_1998", changes, until=1000.0)


def rodrigues(text: str) -> Run:
    doses = ("1080@0 over=0.125 every=21 repeats=5",) if "1080" in text else ()
    return Run("rodrigues_2019", doses=doses + (("1e10@140 into=immune",) if "immune cells" in text else ()), until=200.0)


def kirouac(text: str) -> Run:
    vector = re.sub(r"(\d+)$", r"_\1", re.match(r"vector (\w+);", text).group(1).lower())
    burden = _number(r"B0=BA0=([\de+.]+)", text)
    dose = re.search(r"dose ([\de+.]+) cells", text).group(1)
    return Run(f"kirouac_2023_ensemble:{vector}", {"tumour_0": burden, "antigen_0": burden}, (dose,), 365.0)


def langenhorst(text: str) -> Run:
    changes = {"weight": _number(r"WT (\d+)", text), "egfr": _number(r"eGFR (\d+)", text),
               "mass_factor": _number(r"mass factor ([\d.]+)", text)}
    times, per_area, bsa, hours = re.search(r"(\d) x (\d+) mg/m2 \(BSA ([\d.]+)\) as ([\d.]+) h", text).groups()
    amount = float(per_area) * float(bsa)
    dose = f"{amount!r}@0 over={hours} every=24 repeats={int(times) - 1} fraction=mass_factor"
    return Run("langenhorst_2019_fludarabine", changes, (dose,), 150.0)


def ahmed(text: str) -> Run:
    per_area, bsa = re.match(r"(\d+) mg/m2 single dose, BSA ([\d.]+)", text).groups()
    dose = f"{float(per_area) * float(bsa)!r}@0 over=0.5"
    return Run(f"ahmed_2020_cyclophosphamide:regimen_{per_area}", {"bsa": float(bsa)}, (dose,), 200.0)


def mould(text: str) -> Run:
    fixed = re.search(r"WBC fixed ([\d.]+)e9", text)
    changes = {"white_0": 1000.0 * float(fixed.group(1))} if fixed else {}
    single = re.match(r"(\d+) mg over 2 h once", text)
    daily = re.match(r"(\d+) mg/d x 3 d", text)
    if single:
        doses = (f"{single.group(1)}@0 over=2",)
    elif daily:
        doses = (f"{daily.group(1)}@0 over=2 every=24 repeats=2",)
    else:
        doses = tuple(f"30@{168 * week + 48 * i} over=2" for week in range(4) for i in range(3))
    return Run(f"mould_2007_alemtuzumab:{'fixed' if fixed else 'moving'}_count", changes, doses, 672.0)


def efineptakin(text: str) -> Run:
    amount = _number(r"(\d+\.\d+) mg(?: once| every)", text)
    weeks = _number(r"every (\d+) weeks", text, 0.0)
    more = f" every={168 * weeks:g} repeats=3" if weeks else ""
    doses = (f"{amount}@0 fraction=part_fast{more}", f"{amount}@0 into=depot_slow fraction=part_slow lag=lag_slow{more}")
    sex = "female" if "female" in text else "male"
    return Run(f"park_2025_efineptakin:{sex}", {}, doses, 2016.0)


def park_sle(text: str) -> Run:
    changes = {"dose_per_kg": float(text.split()[0]), "chemo_dose": _number(r"lymphodepletion (\d+)", text)}
    return Run("park_2025_sle", changes, until=200.0, after=1.0)


def khot(text: str) -> Run:
    vector = {"lymph return 1.65": "as_printed", "lymph return equal": "lymph_closed", "flow-balanced": "balanced"}
    name = next(value for start, value in vector.items() if text.startswith(start))
    loss = {"k_loss": 0.0} if "no loss" in text else {"k_loss": 84.0} if "x 100" in text else {}
    return Run(f"khot_2019_mouse_pbpk:{name}", loss, ("100",), 168.0)


CHAUDHURY = {"expanding": ("expanding", 1), "persistent": ("persistent", 1), "tumour": ("tumour", 1)}
ASSAY = {"tumour_ci": ("tumour_index", 1), "cart_ci": ("car_t_index", 1)}
LIU = {"cart_active": ("active", 1), "leukaemia_cd19pos": ("leukaemia", 1), "burden_pct": ("burden", 1)}
LEONTRIANA = {"cart": ("car_t", 1), "leukaemia": ("leukaemia", 1), "b_cells": ("b_cells", 1)}

LIBRARY = {
    "kirouac_2023": Library(kirouac, {"cart_total": ("car_t", 1), "tumour": ("tumour", 1)}),
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
    "leontriana_2020_ball": Library(leontriana_ball("leontriana_2020_ball"), LEONTRIANA),
    "leontriana_2020_ball_progenitors": Library(
        leontriana_ball("leontriana_2020_ball_progenitors"), {**LEONTRIANA, "progenitors": ("progenitors", 1)}
    ),
    "leontriana_2021_solid": Library(leontriana_solid, {"cart": ("car_t", 1), "tumour": ("tumour", 1)}),
    "leontriana_2021_dual": Library(
        leontriana_dual,
        {"cart_on_tumour": ("car_t", 1), "cart_off_tumour": ("car_t_off", 1), "tumour": ("tumour", 1),
         "b_cells": ("b_cells", 1)},
    ),
    "barros_2021_hdlm2": Library(barros_hdlm2, {name: (name, 1) for name in ("effector", "memory", "tumour")}),
    "barros_2021_raji": Library(barros_raji, {name: (name, 1) for name in ("effector", "memory", "tumour")}),
    "chaudhury_2020_lv": Library(plain("chaudhury_2020_lv", 365.0), {"cart": ("car_t_blood", 1), "tumour": ("tumour", 1)}),
    "chaudhury_2020_ec50": Library(plain("chaudhury_2020_ec50", 365.0), CHAUDHURY),
    "chaudhury_2020_first_order": Library(plain("chaudhury_2020_first_order", 365.0), CHAUDHURY),
    "hanson_2016": Library(
        hanson,
        {name: (name, 1) for name in ("ctl_memory", "ctl_effector", "helper_memory", "helper_effector", "lymphocytes",
                                      "inflammation", "tumour")},
    ),
    "liu_2022": Library(liu, LIU),
    "liu_2022_antigen_negative": Library(liu_negative, {**LIU, "leukaemia_cd19neg": ("negative", 1)}),
    "owens_bozic_2021": Library(owens, {"tumour": ("tumour", 1), "cart": ("car_t", 1), "drug": ("drug_level", 1)}),
    "santurio_2022_glioma": Library(
        santurio,
        {"cart": ("car_t", 1), "glia_pos": ("glia_positive", 1), "neurons": ("neurons", 1), "tumour": ("tumour", 1)},
    ),
    "brummer_2022": Library(brummer, ASSAY),
    "conte_2025_cart": Library(conte, ASSAY),
    "conte_2025_cart_ov": Library(conte_virus, {**ASSAY, "infected_ci": ("infected_index", 1), "virus": ("virus_level", 1)}),
    "kareva_exhaustion": Library(
        kareva,
        {"tumour": ("tumour", 1), "cytotoxic": ("cytotoxic", 1), "term_exhausted": ("terminal", 1),
         "inflammation": ("inflammation", 1)},
    ),
    "kirschner_panetta_1998": Library(kirschner, {name: (name, 1) for name in ("tumour", "effector", "il2")}),
    "rodrigues_2019_chemoimmunotherapy": Library(
        rodrigues, {"tumour": ("leukaemia", 1), "immune": ("immune", 1), "drug": ("drug_amount", 1)}
    ),
    "langenhorst_2019_fludarabine": Library(langenhorst, {"conc_f_ara_a": ("concentration", 1)}),
    "ahmed_2020_cyclophosphamide": Library(ahmed, {"conc": ("concentration", 1), "anc": ("neutrophils", 1)}),
    "mould_2007_alemtuzumab": Library(mould, {"conc": ("concentration", 1), "wbc": ("white_cells", 1e-3)}),
    "park_2025_efineptakin": Library(efineptakin, {"drug": ("drug_level", 1), "alc": ("lymphocytes", 1)}),
    "park_2025_sle": Library(
        park_sle,
        {"cart": ("car_t_blood", 1), "b_cells": ("b_cells_blood", 1),
         **{name: (name, 1) for name in ("cd4", "cd8", "neutrophils", "c3", "proteinuria")}},
    ),
    "khot_2019_mouse_pbpk": Library(
        khot,
        {"blood_conc": ("blood_level", 1), "tumour_conc": ("tumour_level", 1), "total_amount": ("total", 1),
         "lymph_node_amount": ("node_amount", 1), **{f"{o}_amount": (f"{o}_amount", 1) for o in
                                                     ("lungs", "liver", "spleen", "kidney", "bone")}},
    ),
}
