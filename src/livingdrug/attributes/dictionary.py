"""What the columns of a table of products can mean: roles, scales, and which fractions belong to one gate."""

import re
from dataclasses import dataclass
from typing import Literal

from livingdrug.data import plain_word

Role = Literal["patient", "product", "study", "batch", "clinical", "outcome", "attribute", "after", "ignored"]
Scale = Literal["fraction", "log", "plain"]


@dataclass(frozen=True)
class Meaning:
    """name: how it is called here; words: spellings of headings, plain; role; scale: fraction (0 to 1 or
    percent, as logit), log (positive, as logarithm) or plain; gate: the composition it is a part of, "" for
    none; unit: usual unit."""

    name: str
    words: str
    role: Role
    scale: Scale = "plain"
    gate: str = ""
    unit: str = ""


MEANINGS = (
    Meaning(
        "patient", "id usubjid subjid subject subjectid patient patientid ptid pt upn participant", "patient"
    ),
    Meaning("product", "product productid bag drug", "product"),
    Meaning("study", "study studyid trial cohort protocol dataset", "study"),
    Meaning(
        "lot", "lot lotid batch batchid run site manufacturer processversion version plate operator", "batch"
    ),
    Meaning("age", "age ageyears", "clinical", unit="year"),
    Meaning("sex", "sex gender", "clinical"),
    Meaning(
        "tumour burden",
        "burden tumorburden tumourburden baselineburden sld mtv spd blasts marrowblasts",
        "clinical",
        "log",
    ),
    Meaning("LDH", "ldh lactatedehydrogenase", "clinical", "log", unit="U/L"),
    Meaning("CRP", "crp", "clinical", "log", unit="mg/L"),
    Meaning("prior lines", "priorlines lines nlines linesoftherapy", "clinical"),
    Meaning("CD4", "cd4 cd4pct cd4percent pctcd4", "attribute", "fraction", "CD4/CD8", "%"),
    Meaning("CD8", "cd8 cd8pct cd8percent pctcd8", "attribute", "fraction", "CD4/CD8", "%"),
    Meaning("CD4:CD8 ratio", "cd4cd8 cd4cd8ratio cd4tocd8 cd4tocd8ratio cd4overcd8", "attribute", "log"),
    Meaning(
        "naive or stem-like memory",
        "tn tscm tntscm naive stemlikememory stemcellmemory tnaive",
        "attribute",
        "fraction",
        "memory",
        "%",
    ),
    Meaning("central memory", "tcm cm centralmemory", "attribute", "fraction", "memory", "%"),
    Meaning("effector memory", "tem em effectormemory", "attribute", "fraction", "memory", "%"),
    Meaning("effector", "temra teff effector terminaleffector te", "attribute", "fraction", "memory", "%"),
    Meaning("PD-1", "pd1 pd1pct pdcd1 pd1positive", "attribute", "fraction", unit="%"),
    Meaning("LAG-3", "lag3 lag3pct lag3positive", "attribute", "fraction", unit="%"),
    Meaning("TIM-3", "tim3 tim3pct havcr2 tim3positive", "attribute", "fraction", unit="%"),
    Meaning("viability", "viability viable viabilitypct", "attribute", "fraction", unit="%"),
    Meaning("CD3", "cd3 cd3pct purity cd3purity", "attribute", "fraction", unit="%"),
    Meaning(
        "transduction",
        "transduction transductionpct carpositive carpos carpct car transductionefficiency",
        "attribute",
        "fraction",
        unit="%",
    ),
    Meaning("VCN", "vcn vectorcopynumber vectorcopies copiespercell", "attribute", "log", unit="copies/cell"),
    Meaning("doublings", "doublings populationdoublings pd pdl", "attribute", "plain", unit=""),
    Meaning(
        "days in culture",
        "daysinculture culturedays vein2vein veintovein daysculture",
        "attribute",
        "plain",
        unit="day",
    ),
    Meaning(
        "doubling time", "doublingtime populationdoublingtime pdt tdoubling", "attribute", "log", unit="day"
    ),
    Meaning("fold expansion", "foldexpansion expansionfold fold", "attribute", "log"),
    Meaning("IFN-gamma release", "ifng ifngamma ifny ifngrelease", "attribute", "log", unit="pg/mL"),
    Meaning("IL-2 release", "il2 il2release", "attribute", "log", unit="pg/mL"),
    Meaning("TNF release", "tnf tnfa tnfalpha tnfrelease", "attribute", "log", unit="pg/mL"),
    Meaning("dose", "dose cells cellsperkg carcells celldose dosecellskg", "attribute", "log", unit="cell"),
    Meaning("response", "response bestresponse bor cr orr responder", "outcome"),
    Meaning("CRS grade", "crs crsgrade maxcrs", "outcome"),
    Meaning("ICANS grade", "icans icansgrade neurotox", "outcome"),
    Meaning("PFS", "pfs pfstime pfsdays pfsmonths pfsevent pfsstatus os ostime osevent", "outcome"),
)
AFTER = re.compile(
    r"(cmax|tmax|auc\d*|peak|clast|tlast|persistence|expansion in vivo)|"
    r"(^|[^a-z])(d|day|week|month)[ _-]?[1-9]\d*($|[^a-z0-9])|post[ _-]?(infusion|treatment|dose)",
    re.IGNORECASE,
)  # measured after the infusion: it knows the outcome, or is one


def meaning_of(heading: str) -> Meaning | None:
    """The meaning of a heading, None for a heading that is none of ours."""
    word = plain_word(heading)
    stem = re.sub(r"(percent|pct|fraction|frac|positive|pos)$", "", word)
    for spelled in (word, stem):
        for meaning in MEANINGS:
            if spelled and spelled in meaning.words.split():
                return meaning
    return None


def is_after_infusion(heading: str) -> bool:
    """Whether a heading speaks of something that is measured in the patient after the infusion."""
    return bool(AFTER.search(heading)) and meaning_of(heading) is None
