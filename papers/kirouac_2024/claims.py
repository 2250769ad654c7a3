"""What the paper says in words, each sentence with a verdict, our numbers and how it was tested.

A claim is taken apart into conditions on numbers: it `holds` where all of them do, `does not hold` where none does, `holds in
part` otherwise; it `cannot be judged` where public numbers do not reach, and has no conditions then.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from livingdrug.models import build_model, get_model
from livingdrug.simulation import simulate
from papers.kirouac_2024.ensemble import fits, middle, probability, published, responding_with, run, separation
from papers.kirouac_2024.figure6 import NON_PERSISTER, PERSISTER, rejected
from papers.kirouac_2024.figures345 import RETURN
from papers.kirouac_2024.panel import COPIES_TO_CELLS, Panel, mechanistic
from papers.kirouac_2024.table1 import recompute

# Cut-offs where the paper gives words and no number. They are ours:
DECADES = 2.5  # what rounds to "three orders of magnitude"
APART, ALIKE = 0.8, 0.7  # areas under the ROC curve, called excellent from the one on, poor below the other
# (Hosmer and Lemeshow, Applied Logistic Regression, 2000, section 5.2.4)
MOST_OF_12 = 10  # fits of a group that turn, for "sufficient": five in six, so that two may have another cause
FOLD = 5.0  # within which a median peak "approaches" the dose, on a logarithmic axis where ten-fold is one step

HOLDS, PART, NOT, UNKNOWN = "holds", "holds in part", "does not hold", "cannot be judged"
Values = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper: where it stands, its conditions and whether they hold, our numbers, tested how."""

    words: str
    where: str
    parts: Mapping[str, bool]
    numbers: str
    tested: str

    @property
    def verdict(self) -> str:
        """Of all parts."""
        if not self.parts:
            return UNKNOWN
        held = [bool(part) for part in self.parts.values()]
        return HOLDS if all(held) else PART if any(held) else NOT

    @property
    def conditions(self) -> str:
        """Each part with its answer."""
        return "; ".join(f"{words}: {'yes' if part else 'no'}" for words, part in self.parts.items())


def claims(panels: list[Panel]) -> list[Claim]:
    """All claims, from the numbers of the panels and a few runs more."""
    values = {(panel.name, name): float(value) for panel in panels for name, value in panel.values.items()}
    makers = (
        _three_orders, _dose_is_hidden, _expansion_not_dose, _sample_sizes, _two_weeks, _few_of_the_t_cells,
        _expansion_ratio, _approach_the_dose, _turnover, _thousand_in_tissue, _sticky_tissue, _lymphodepletion,
        _rejection_alone, _clearance, _no_therapeutic_index,
    )  # fmt: skip
    return [make(values) for make in makers]


def table(found: list[Claim]) -> pd.DataFrame:
    """As a table, a claim a row."""
    rows = [(c.words, c.where, c.verdict, c.numbers, f"{c.tested} {c.conditions}".strip()) for c in found]
    return pd.DataFrame(rows, columns=["the paper says", "where", "verdict", "our numbers", "how it was tested"])


def counted(found: list[Claim]) -> str:
    """How many claims have which verdict, in a sentence."""
    numbers = {word: sum(c.verdict == word for c in found) for word in (HOLDS, PART, NOT, UNKNOWN)}
    return f"Verdicts on {len(found)} claims in words: " + ", ".join(f"{word} {n}" for word, n in numbers.items() if n) + "."


# ----------------------------------------------------------------------------------------------------- exposure


def _three_orders(values: Values) -> Claim:
    auc = {s: values["1E", f"log10 range of AUC28 of 1,000 patients, {s}"] for s in ("sd", "variance")}
    inner = {s: values["2B", f"log10 span of central 95 % AUC28, {s}"] for s in ("sd", "variance")}
    late = {s: values["1E", f"log10 span of central 95 % level on day 365, {s}"] for s in ("sd", "variance")}
    early = {s: values["1E", f"log10 span of central 95 % level on day 7, {s}"] for s in ("sd", "variance")}
    return Claim(
        "For approved CAR-Ts, PK variance typically spans three orders of magnitude.", "Fig. 1E",
        {"central 95 % of AUC0-28 over 2.5 decades": max(inner.values()) >= DECADES,
         "all 1,000 patients' AUC0-28": max(auc.values()) >= DECADES,
         "central 95 % of the level of a day": min(*early.values(), *late.values()) >= DECADES},
        f"AUC0-28: central 95 % over {inner['sd']:.1f} decades (published values read as SD) or "
        f"{inner['variance']:.1f} (as "
        f"variance), all 1,000 patients over {auc['sd']:.1f} or {auc['variance']:.1f}. Level on one day, "
        "central 95 %: "
        f"{early['sd']:.1f} or {early['variance']:.1f} on day 7, {late['sd']:.1f} or {late['variance']:.1f} "
        "on day 365.",
        "1,000 patients of Stein 2019 (panel 1E), 10,000 for AUC (2B); the wider reading of AUC, both "
        "readings of the level.",
    )  # fmt: skip


def _dose_is_hidden(values: Values) -> Claim:
    shift = values["2B", "log10 shift of the median over the dose range"]
    data = values["2B", "log10 shift of CMAX with the data-based exponent"]
    spans = {s: values["2B", f"log10 span of central 95 % AUC28, {s}"] for s in ("sd", "variance")}
    return Claim(
        "Inter-patient variance in exposure typically exceeds the range of dose-dependent effect sizes.", "Fig. 2B",
        {"more than the paper's scan of doses, SD reading": spans["sd"] > shift,
         "the same, variance reading": spans["variance"] > shift,
         "more than doses do in Stein's data": spans["sd"] > data},
        f"Patients: central 95 % of AUC0-28 over {spans['sd']:.2f} decades (SD reading) or "
        f"{spans['variance']:.2f} (variance). "
        f"Dose of 1e7 to 5e8: {shift:.2f} decades as the paper simulates it, {data:.2f} with the exponent "
        "0.093 of Stein's data.",
        "Panel 2B: width of the central 95 % against the shift of the median over the doses.",
    )  # fmt: skip


def _expansion_not_dose(values: Values) -> Claim:
    dose = {s: values["2B", f"fraction of the variance of ln AUC28 that dose explains, {s}"] for s in ("sd", "variance")}
    peak = {s: values["2C", f"correlation at one dose, {s}"] ** 2 for s in ("sd", "variance")}
    return Claim(
        "Exposure is primarily driven by variance in maximal cell expansion (CMAX) rather than dose.", "Fig. 2C",
        {"CMAX explains more than half": min(peak.values()) > 0.5, "dose less than a quarter": max(dose.values()) < 0.25},
        f"At one dose CMAX explains {100 * peak['sd']:.0f} % (SD) or {100 * peak['variance']:.0f} % "
        "(variance) of the variance of "
        "ln AUC0-28; over the paper's doses, which move CMAX by construction, dose explains "
        f"{100 * dose['sd']:.0f} or "
        f"{100 * dose['variance']:.0f} %.",
        "Panels 2B, 2C. In the paper's scan dose acts through CMAX, so that the two are not rivals in it.",
    )  # fmt: skip


def _sample_sizes(values: Values) -> Claim:
    n = {(fold, s): values["2D", f"N per arm, {fold}-fold, {s}"] for fold in (2, 5) for s in ("sd", "variance")}
    return Claim(
        "With 10 patients in each arm a significant effect would require a 500 % effect size; a 200 % effect "
        "size would need 40 "
        "patients per arm.", "Results, Fig. 2D",
        {"variance reading": abs(n[2, "variance"] - 40) <= 2 and abs(n[5, "variance"] - 10) <= 2,
         "SD reading, 2-fold": abs(n[2, "sd"] - 40) <= 2, "SD reading, 5-fold": abs(n[5, "sd"] - 10) <= 2},
        f"2-fold: {n[2, 'variance']:.0f} per arm, 5-fold: {n[5, 'variance']:.0f}, if Stein's values are "
        "variances; "
        f"{n[2, 'sd']:.0f} and {n[5, 'sd']:.0f} if they are SDs, which their standard errors say.",
        "Exact noncentral t on ln AUC0-28 (panel 2D), within 2 patients; 200 % and 500 % are 2-fold and "
        "5-fold.",
    )  # fmt: skip


def _two_weeks(values: Values) -> Claim:
    days = published().loc[published()["group"] != "nr"].set_index("vector")["tmax"]
    stein = get_model("stein_2019").typical
    half = float(np.log(2) / stein["alpha"])
    four = values["1D", "runs of the paper's vector with all four phases"]
    return Claim(
        "CAR-Ts proliferate for approximately 2 weeks up to a maximal expansion, followed by rapid contraction.", "Fig. 1D",
        {"Stein's peak within a week of day 14": 7 <= stein["t_max"] <= 21, "its half-life at most 10 d": half <= 10,
         "median peak of the 24 fits within a week of day 14": 7 <= days.median() <= 21,
         "all four phases with the paper's vector": four > 0},
        f"Peak on day {stein['t_max']:.1f} in Stein 2019, half-life after it {half:.1f} d; median day "
        f"{days.median():.1f} (range "
        f"{days.min():.0f} to {days.max():.0f}) over the 24 fits of responders of Kirouac 2023; CR1, the "
        "paper's vector, on day "
        f"{days['cr_1']:.1f}, and with tissue a half-life of "
        f"{values['1D', 'cr_1: contraction half-life (d)']:.0f} d after the "
        f"peak. Fit PR1 with k21 60/d peaks on day {values['1D', 'pr_1: day of the peak']:.1f} and falls with "
        f"{values['1D', 'pr_1: contraction half-life (d)']:.1f} d.",
        "Stein 2019, the fits of responders at 1e8 cells, and panel 1D.",
    )  # fmt: skip


def _few_of_the_t_cells(values: Values) -> Claim:
    below = {s: values["1E", f"patients below 5 cells/uL on day 365, {s}"] for s in ("sd", "variance")}
    typical = values["1E", "typical level on day 365"] * COPIES_TO_CELLS / 1000.0
    year = simulate(mechanistic("host_competition"), regimen=[1e8], times=[365.0], until=365.0)
    car, host = (float(year.curve(name)[-1]) for name in ("car_t_blood", "host_t"))
    fraction = car / (car + host)
    return Claim(
        "Long-term persistent CAR-T cells are only a small fraction of circulating T cells (below 0.5 %).", "Results",
        {"typical patient": typical < 0.005, "more than nine patients in ten": min(below.values()) > 0.9,
         "mechanistic model": fraction < 0.005},
        f"Day 365: typical patient of Stein 2019 {100 * typical:.2f} % of 1,000 T cells/uL at 0.05 cells/uL "
        "per copy/ug; "
        f"{100 * below['sd']:.0f} % (SD) or {100 * below['variance']:.0f} % (variance) of patients below 0.5 "
        "%. Kirouac 2023 "
        f"(CR1) with host T cells: {100 * fraction:.2g} %.",
        "Panel 1E and one run of kirouac_2023 + host_competition; leans on the paper's conversion of units.",
    )  # fmt: skip


# -------------------------------------------------------------------------------------------- expansion, turnover


def _expansion_ratio(values: Values) -> Claim:
    printed = recompute().set_index(["product", "indication"])
    clinical = [row for name, row in printed.iterrows() if "Preclinical" not in str(name)]
    responders = [row for row in clinical if "responder" in row.name[1] and "non-" not in row.name[1]]
    partial = [row for row in clinical if "partial" in row.name[1]]
    fits = published()
    above = {g: int((fits.loc[fits["group"] == g, "ratio"] > 0.1).sum()) for g in ("cr", "pr", "nr")}
    lowest = min(r["ratio_low"] for r in responders)
    return Claim(
        "For clinical trials, expansion ratios above 1/10 seem to be a prerequisite for tumor response.", "Results, Table 1",
        {"rows of responders": lowest > 0.1, "row of the partial response": min(r["ratio_low"] for r in partial) > 0.1,
         "all fits of responders above and no other one": above == {"cr": 12, "pr": 12, "nr": 0}},
        f"Table 1, recomputed: lowest ratio of a row of responders {lowest:.3f} (Kalos, patient 1: 1/11), of "
        "the partial "
        f"response {min(r['ratio_low'] for r in partial):.4f} (1/580). Fits of Kirouac 2023 above 1/10: "
        f"{above['cr']} of 12 CR, "
        f"{above['pr']} of 12 PR, {above['nr']} of 12 NR (at most "
        f"{fits.loc[fits['group'] == 'nr', 'ratio'].max():.4f}).",
        "Table 1 recomputed from its doses and peaks, and the 36 fits at 1e8 cells with 5 L of blood.",
    )  # fmt: skip


def _approach_the_dose(values: Values) -> Claim:
    fits = published()
    ratios = {g: fits.loc[fits["group"] == g, "ratio"] for g in ("cr", "pr")}
    return Claim(
        "Even in responders, circulating T cell counts typically just approach input cell numbers.", "Results, Table 1",
        {"median of CR within 5-fold of 1": 1 / FOLD <= ratios["cr"].median() <= FOLD,
         "of PR": 1 / FOLD <= ratios["pr"].median() <= FOLD},
        f"Peak over dose in the fits of Kirouac 2023: median {ratios['cr'].median():.2f} in CR "
        f"({ratios['cr'].min():.2f} to "
        f"{ratios['cr'].max():.2f}), {ratios['pr'].median():.2f} in PR.",
        "24 fits of responders at 1e8 cells, 5 L of blood.",
    )  # fmt: skip


def _turnover(values: Values) -> Claim:
    table = separation()
    areas, (first, second) = table.set_index("quantity")["roc_area"], table["quantity"][:2]
    wide = values["3B", "muM x2: CMAX (cells/uL)"] / values["3B", "muM x0.1: CMAX (cells/uL)"]
    high, low = middle("cr", "mu_memory"), middle("nr", "mu_memory")
    given = responding_with("nr", {"mu_memory": high})
    taken = responding_with("cr", {"mu_memory": low})
    own = {g: int(published().loc[published()["group"] == g, "responds"].sum()) for g in ("nr", "cr")}
    return Claim(
        "The turnover rate of memory cells is a key differentiator of response, memory cell frequency in the "
        "product was not; "
        "memory cell proliferation is a sufficient explanatory variable of exposure and response.", "Results, Fig. 3",
        {"turnover separates the groups (area 0.8 or more)": areas["mu_memory"] >= APART,
         "frequency does not (below 0.7)": areas["e_memory"] < ALIKE, "turnover alone moves CMAX 100-fold": wide >= 100,
         "it turns 10 of 12 NR into responders": given >= MOST_OF_12,
         "it turns 10 of 12 CR into non-responders": taken <= 12 - MOST_OF_12},
        f"Area under the ROC curve, NR against CR and PR: mu_memory {areas['mu_memory']:.2f} (rank "
        f"{list(table['quantity']).index('mu_memory') + 1} of {len(table)}); highest {first} "
        f"{areas[first]:.2f} and {second} "
        f"{areas[second]:.2f}; engraftment as memory {areas['e_memory']:.2f}. In CR1 a 20-fold range of "
        "turnover spans "
        f"{wide:,.0f}-fold in CMAX. NR fits that respond: {own['nr']} of 12, with the turnover of CR "
        f"({high:.2g}/d) {given} of "
        f"12; CR fits that respond: {own['cr']} of 12, with the turnover of NR ({low:.2g}/d) {taken} of 12.",
        "36 fits at 1e8 cells and 1e10 tumour cells, and panel 3B; response: at most half of the tumour on "
        "day 28. No single "
        "parameter is identified in these fits.",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ tissue and host


def _thousand_in_tissue(values: Values) -> Claim:
    model = get_model("khot_2019_mouse_pbpk")
    run = simulate(model, times=[24.0, 72.0], until=72.0)
    blood = model.typical["blood_volume_mouse"]
    outside = {t: float(run.curve("total")[i] / (run.curve("blood_level")[i] * blood) - 1) for i, t in enumerate((24, 72))}
    over = float(run.metric("total", "AUC")[0] / (run.metric("blood_level", "AUC")[0] * blood) - 1)
    sticky = build_model("kirouac_2023", ("tissue",)).typical["k12"] / min(RETURN)
    return Claim(
        "For every cell detected in the blood, approximately 1000 are tissue-resident (T cells in mice).", "Results, ref. 59",
        {"by exposure within half a decade": 300 <= over <= 3000},
        f"Khot 2019 in our library: {over:.0f} cells outside the blood for one in it by exposure over 72 h; "
        f"{outside[24]:.0f} at "
        f"24 h, {outside[72]:.0f} at 72 h. In panel 4B only k21 = {min(RETURN):g}/d keeps {sticky:.0f} to "
        "one (k12 / "
        "k21).",
        "khot_2019_mouse_pbpk, 34 compartments; vessels of organs count as outside the blood here.",
    )  # fmt: skip


def _sticky_tissue(values: Values) -> Claim:
    peaks = {k: values["4B", f"k21 {k:g}, no loss: return to"] for k in (0.06, 600.0)}
    limit = 50.0 * COPIES_TO_CELLS
    return Claim(
        "A CAR-T with robust expansion can be made ineffective, barely breaching the LLQ, by increasing "
        "tissue stickiness.",
        "Results, Fig. 4", {"from ten times the limit": peaks[600.0] > 10 * limit, "to below it": peaks[0.06] < limit},
        f"Late peak from {peaks[600.0]:.0f} cells/uL (k21 600/d) to {peaks[0.06]:.2g} (0.06/d), limit "
        f"{limit:g}.",
        "Panel 4B without loss of infused cells, the paper's four decades of k21.",
    )  # fmt: skip


def _lymphodepletion(values: Values) -> Claim:
    left = (0.05, 0.5, 5.0, 50.0, 500.0)
    peaks = [values["5A", f"host_0 {x:g}: CMAX (cells/uL)"] for x in left]
    steps = [a / b for a, b in zip(peaks, peaks[1:], strict=False)]
    rows = recompute().set_index("product")["cmax_high_cells_per_uL"]
    turtle = float(rows["CD19 (Cy/Flu)"] / rows["CD19 (Cy)"])
    return Claim(
        "More intensive lymphodepletion enhances CMAX by approximately an order of magnitude.", "Results, Fig. 5A",
        {"a tenth of the host T cells, at some depth": any(3 <= s <= 30 for s in steps),
         "at every depth": all(3 <= s <= 30 for s in steps), "the study in Table 1": 3 <= turtle <= 30},
        f"Ten times fewer host T cells raise CMAX {min(steps):.1f}- to {max(steps):.1f}-fold in the model, "
        "from 50 to 0.5 cells/uL "
        f"left {peaks[1] / peaks[3]:.0f}-fold. The paper's own Table 1 has {turtle:.0f}-fold between Cy/Flu "
        "and Cy "
        "(500 against 0.2 cells/uL).",
        "Panel 5A (recovery 0.35/d) and Table 1, within half a decade of ten-fold.",
    )  # fmt: skip


def _rejection_alone(values: Values) -> Claim:
    ratio = values["6C", "AUC60 ratio, persister to non-persister"]
    peak = values["6A", "CMAX (cells/uL), persister"]
    return Claim(
        "Persisters and non-persisters differ by a rate of elimination, explainable solely by differences in "
        "allogeneicity.",
        "Results, Fig. 6A to C",
        {"the rate alone parts exposures ten-fold": ratio > 10, "levels are those of Table 1": 10 <= peak <= 1000},
        f"Rejection of 7e-9 instead of 0 lowers AUC0-60 {ratio:.0f}-fold; the persister peaks at {peak:.1f} "
        "cells/uL, where Table "
        "1 gives 10 to 1,000 for responders to UCART19.",
        "Panels 6A, 6C. The patients' data are not public as numbers.",
    )  # fmt: skip


def _clearance(values: Values) -> Claim:
    persister, other = (values["6F", f"P(response), {name}"] for name in ("persister", "non-persister"))
    curve = values["6F", "slope on ln AUC60"], values["6F", "EC50 (d*cells/uL)"]
    slow = rejected(PERSISTER).with_values({"mu_memory": mechanistic().typical["mu_memory"] / 100})
    rivals = {
        "a hundredth of the memory turnover": simulate(slow, regimen=[1e8], until=60.0, times=[60.0]).metric(
            "car_t_blood", "AUC"
        )[0],
        "500 host T cells/uL left by lymphodepletion": values["5A", "host_0 500: AUC60"],
        "the median non-responder's fit with host T cells": run(fits("nr"), 60.0, "host_competition")["auc"].median(),
    }
    said = ", ".join(f"{name} {probability(area, *curve):.3f}" for name, area in rivals.items())
    lowest = min(float(probability(area, *curve)) for area in rivals.values())
    return Claim(
        "Mapping exposures of FT819 to the exposure-response model reveals that clearance fully accounts for "
        "the deficit in "
        "clinical activity.", "Results, Fig. 6F",
        {"rejection alone brings the probability below 0.1": other < 0.1 < persister,
         "nothing else tried does": lowest >= 0.1},
        f"On the curve of the 36 fits the probability of response falls from {persister:.3f} to {other:.3f} "
        "with rejection of "
        f"{NON_PERSISTER:g} per cell per day. Other causes of a low exposure, without "
        f"any rejection: {said}.",
        "Panel 6F. An exposure-response curve sees AUC, not why it is low. The paper's patient (n = 1) is not "
        "public as numbers.",
    )  # fmt: skip


def _no_therapeutic_index(values: Values) -> Claim:
    response = values["2A", "response (ORR 73.4 %): EC50 at h=1"]
    crs = values["2A", "CRS, any grade (84 %): EC50 at h=1"]
    return Claim(
        "Dose against response and CRS curves overlap for Abecma: little to no therapeutic index.", "Fig. 2A", {},
        f"With curves calibrated to marginal rates EC50 of CRS over EC50 of response is {crs / response:.2f} "
        "for CRS of any grade, "
        "which is not the paper's endpoint.",
        "The reported parameters, and the rate of CRS that needs tocilizumab or steroids by exposure, were "
        "not found. A ratio from "
        "marginal rates follows from the endpoint chosen.",
    )  # fmt: skip
