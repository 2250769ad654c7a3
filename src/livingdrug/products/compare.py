"""Where a user's subjects lie among published exposures: matched in unit and assay, differences said."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from livingdrug.core.conventions import MONTH, Z95
from livingdrug.core.errors import InputError
from livingdrug.core.known import known as published
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.data import printable
from livingdrug.nca import NcaResult
from livingdrug.nca.summary import group_title, groups
from livingdrug.products.facts import ExposureFact, exposure_facts, find_product
from livingdrug.products.placement import Placement

# our code -> the code of the analysis
PARAMETERS = {
    "CMAX": "CMAX",
    "TMAX": "TMAX",
    "AUC28": "AUCINT",
    "LAMZHL": "LAMZHL",
    "TLST": "TLST",
    "CLST": "CLST",
}
DAYS_28 = (0.0, MONTH)
SMALL_GROUP = 10
MODEL, MODEL_SUBJECTS = "stein_2019", 10_000


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """Exposure beside that of a product.

    Attributes
    ----------
    product : str
        Its name.
    result : NcaResult
        The analysis.
    placements : tuple of Placement
        One for each published number and output of the user's.
    notes : tuple of str
        What to know of it.
    """

    product: str
    result: NcaResult
    placements: tuple[Placement, ...]
    notes: tuple[str, ...]

    def parts(self) -> list[tuple[str, list[Placement]]]:
        """(title, placements) of each output, assay, unit and infusion of the user's that can be placed."""
        found = []
        for key, members in groups(self.result).items():
            mine = [placed for placed in self.placements if placed.members[0] == members[0]]
            if mine:
                found.append((group_title(key, len(members)), mine))
        return found

    def table(self):
        """Long table, one row per profile and published number: ID, PARAMCD, value, unit, percentile, flag,
        reason, ..."""
        import pandas as pd

        rows = []
        p = self.result.data.profiles
        for placed in self.placements:
            fact = placed.fact
            flag = "absent" if placed.absent else "caution" if placed.cautions else "ok"
            reason = placed.absent or "; ".join(placed.cautions) or "same unit and assay"
            for i, value, percentile in zip(placed.members, placed.values, placed.percentile, strict=True):
                rows.append(
                    (
                        self.result.ids[i],
                        fact.parameter,
                        value,
                        fact.unit,
                        percentile,
                        flag,
                        reason,
                        fact.product,
                        fact.indication,
                        fact.population,
                        fact.assay,
                        fact.dose,
                        fact.statistic,
                        fact.value,
                        fact.spread_type,
                        fact.spread,
                        fact.n,
                        fact.source,
                        p.occasion[i],
                        p.output[i],
                        p.assay[i],
                        self.result.data.bridge,
                    )
                )
        columns = (
            "ID",
            "PARAMCD",
            "value",
            "unit",
            "percentile",
            "flag",
            "reason",
            "product",
            "indication",
            "population",
            "published_assay",
            "published_dose",
            "statistic",
            "published",
            "spread_type",
            "spread",
            "published_n",
            "source",
            "OCC",
            "DVID",
            "ASSAY",
            "bridge",
        )
        return pd.DataFrame(rows, columns=list(columns))

    def _facts(self) -> dict[str, str]:
        return {
            "product": self.product,
            "data": self.result.data.name,
            "published numbers": f"{len(self.placements):,}",
        }

    def _frame(self):
        return self.table()


def compare(
    result: NcaResult, product: str, indication: str | None = None, spread: str | None = None
) -> Comparison:
    """Place every profile among the published exposures of a product and, for tisagenlecleucel, in
    `stein_2019`.

    Parameters
    ----------
    result : NcaResult
        The analysis of the user's data.
    product : str
        One of `list_products()`.
    indication : str, optional
        Part of its text, such as DLBCL.
    spread : str, optional
        Which published between-subject variability of the model.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        For an unknown product or indication, units that nobody stated, times not in days, or an area over
        another window than 28 d.
    """
    name = find_product(product)
    _check_units(result)
    wanted = [f for f in exposure_facts() if f.product == name and f.parameter and f.value is not None]
    if indication is not None:
        known = sorted({f.indication for f in wanted})
        wanted = [f for f in wanted if indication.lower() in f.indication.lower()]
        if not wanted:
            raise InputError(f"`{name}`: " + unknown("indication", indication, known))
    if name == "tisagenlecleucel" and (
        indication is None or indication.lower() in "paediatric/young adult r/r b-all"
    ):
        wanted = [*_model_facts(spread), *wanted]
    placements, notes = [], []
    for members in _outputs(result):
        for fact in wanted:
            placements.append(_place(result, members, fact, spread))
    notes += _left_out(result, "CMAX")
    if not placements:
        notes.append("no profile is in copies/ug or cells/uL, so nothing can be placed")
    return Comparison(name, result, tuple(placements), tuple(notes))


def _check_units(result: NcaResult) -> None:
    if result.data.time_unit != "d":
        mine = (
            "in h; divide them by 24"
            if result.data.time_unit
            else "not stated; say --time-unit d if they are days"
        )
        raise InputError(f"published times are in days, those of the data are {mine}")
    if result.window != DAYS_28:
        raise InputError("published areas run from 0 to 28 d; leave out --window")
    if not set(result.data.profiles.unit) - {""}:
        raise InputError(
            "the unit of the values is not stated, so nothing published matches it; state it with --unit"
        )


def _outputs(result: NcaResult) -> list[np.ndarray]:
    """Profiles of each assay and unit of the output that is a level of CAR-T cells in blood.

    Raises InputError where several outputs have such a unit: marrow, or cells of the tumour, are no such
    level."""
    found = {key: members for key, members in groups(result).items() if key[2] in ("copies/ug", "cells/uL")}
    names = list(dict.fromkeys(key[0] for key in found))
    if len(names) > 1:
        listed = ", ".join(f"`{printable(name, 40)}`" for name in names)
        raise InputError(
            f"`{result.data.name}` has several outputs that may be the level of CAR-T cells in blood "
            f"({listed}); say which one is, with --output"
        )
    return list(found.values())


def _left_out(result: NcaResult, code: str) -> list[str]:
    """Subjects that have no peak to place, by name and reason."""
    reasons = np.where(np.isnan(result.values[code]), result.reasons(code), "")
    found = []
    for reason in dict.fromkeys(reasons[reasons != ""].tolist()):
        names = list(dict.fromkeys(printable(str(s), 30) for s in result.ids[reasons == reason]))
        listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        found.append(f"{len(names)} subject(s) are placed nowhere by {code}: {listed} ({reason})")
    return found


def _level_unit(fact: ExposureFact) -> str:
    """copies/ug or cells/uL: what the study of this fact measured, also behind its times."""
    if "cells/uL" in fact.unit or fact.assay == "flow" or "cells" in fact.assay:
        return "cells/uL"
    return "copies/ug"


def _place(result: NcaResult, members: np.ndarray, fact: ExposureFact, spread: str | None) -> Placement:
    code = PARAMETERS[fact.parameter]
    p = result.data.profiles
    unit = p.unit[members[0]]
    values = result.values[code][members]
    nothing = np.full(len(members), np.nan)
    if _level_unit(fact) != unit:
        by = "only a named unit conversion (--conversion) turns one into the other"
        absent = f"published in {_level_unit(fact)}, yours are in {unit}: {by}"
        return Placement(fact, code, members, values, nothing, np.nan, np.nan, np.nan, (), absent)
    cautions = _cautions(result, fact, members)
    if fact.statistic == "model":
        reference = np.sort(_model_values(spread)[fact.parameter])
        percentile = np.where(np.isfinite(values), 100.0 * _rank(reference, values), np.nan)
        return Placement(
            fact, code, members, values, percentile, *_ratio(values, fact, reference), cautions, ""
        )
    if fact.log_sd is None:
        absent = "no variability is published that gives a percentile"
        return Placement(fact, code, members, values, nothing, np.nan, np.nan, np.nan, cautions, absent)
    from scipy.special import ndtr

    with np.errstate(divide="ignore", invalid="ignore"):
        percentile = 100.0 * ndtr((np.log(values) - _log_center(fact)) / fact.log_sd)
    return Placement(fact, code, members, values, percentile, *_ratio(values, fact), cautions, "")


def _rank(reference: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Share of the reference at or below each value, ties halved."""
    below, up_to = (np.searchsorted(reference, values, side=side) for side in ("left", "right"))
    return (below + up_to) / 2 / len(reference)


def _cautions(result: NcaResult, fact: ExposureFact, members: np.ndarray) -> tuple[str, ...]:
    found = []
    p = result.data.profiles
    assay = p.assay[members[0]]
    _, first = np.unique(
        p.subject, return_index=True
    )  # profiles of a subject are in the order of its infusions
    if (p.occasion[members] != p.occasion[first][p.subject[members]]).any():
        found.append("a later infusion of yours beside published first ones")
    if not assay:
        found.append(f"your assay is not stated, the published one is {fact.assay}")
    elif assay != fact.assay:
        found.append(f"assays differ: yours {assay}, published {fact.assay}")
    if result.data.bridge:
        found.append("your values were turned by a unit conversion")
    if fact.spread_type == "SD":
        found.append("published as mean and SD; a log-normal with these moments is assumed")
    if fact.n.isdigit() and int(fact.n) < SMALL_GROUP:
        found.append(f"fewer than {SMALL_GROUP} subjects in the published group")
    if fact.parameter in ("LAMZHL", "TLST", "CLST"):
        found.append("the terminal half-life and the last level depend on how long subjects were followed")
    if fact.statistic == "model":
        found.append("a model population without residual error, sampled without gaps")
    if fact.read != "in the source":
        found.append("read in a transcription, not in the source")
    return tuple(found)


def _log_center(fact: ExposureFact) -> float:
    """Mean of the logarithm: of a geometric mean, or of a log-normal with this mean and log SD."""
    value, log_sd = published(fact.value, "the published value"), fact.log_sd
    return float(np.log(value)) - (
        published(log_sd, "its log SD") ** 2 / 2 if fact.statistic == "mean" else 0.0
    )


def _ratio(
    values: np.ndarray, fact: ExposureFact, reference: np.ndarray | None = None
) -> tuple[float, float, float]:
    """Geometric mean of the user's over the published one with a 95 % interval from both spreads (normal on
    logs)."""
    known = values[np.isfinite(values)]
    if not len(known) or not (known > 0).all():
        return np.nan, np.nan, np.nan
    if reference is not None:
        center, error = float(np.log(reference).mean()), 0.0
    else:
        center = _log_center(fact)
        error = published(fact.log_sd, "the log SD") ** 2 / int(fact.n) if fact.n.isdigit() else 0.0
    logs = np.log(known)
    difference = logs.mean() - center
    if len(known) < 2:
        return float(np.exp(difference)), np.nan, np.nan
    half = Z95 * np.sqrt(logs.var(ddof=1) / len(known) + error)
    return float(np.exp(difference)), float(np.exp(difference - half)), float(np.exp(difference + half))


@lru_cache(maxsize=4)
def _model_values(spread: str | None) -> dict[str, np.ndarray]:
    """CMAX, TMAX and AUC over 28 d of the model's virtual subjects, the same ones every time (seed 1)."""
    from livingdrug.models import get_model
    from livingdrug.simulation import draw_subjects, simulate

    model = get_model(MODEL)
    subjects = draw_subjects(model, MODEL_SUBJECTS, 1, spread)
    result = simulate(model, subjects, until=DAYS_28[1], times=[0.0, DAYS_28[1]])
    computed = np.setdiff1d(np.arange(result.n), result.failed)
    names = {"CMAX": "CMAX", "TMAX": "TMAX", "AUC28": "AUC"}
    return {ours: result.metric("transgene", name)[computed] for ours, name in names.items()}


def _model_facts(spread: str | None) -> list[ExposureFact]:
    """The model's population as if it were a published group."""
    from livingdrug.models import get_model

    reading = spread or get_model(MODEL).populations[0].name
    made = []
    for parameter, unit in (("CMAX", "copies/ug"), ("TMAX", "d"), ("AUC28", "d*copies/ug")):
        values = _model_values(spread)[parameter]
        logs = np.log(values)
        cv = 100.0 * np.sqrt(np.expm1(logs.var(ddof=1)))
        made.append(
            ExposureFact(
                "tisagenlecleucel",
                "paediatric/young adult r/r B-ALL",
                f"model {MODEL}, spread {reading}",
                "qPCR",
                str(len(values)),
                "not in the model",
                parameter,
                parameter,
                "model",
                float(np.exp(logs.mean())),
                unit,
                "geoCV%",
                f"{cv:.3g}",
                float(logs.std(ddof=1)),
                "Stein et al. 2019 (doi:10.1002/psp4.12388), simulated here, seed 1",
                "in the source",
            )
        )
    return made
