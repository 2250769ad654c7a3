"""Subjects that never rose above the limit of quantification stay in an exposure-response: one rule for every
exposure.

They are the non-responders that an analysis can least do without. Their exposure is known to be no more than
that of a curve at the limit: a peak at the limit, an area of the limit times its length. On a logarithmic
axis they stand there, or at half of the smallest exposure above 0 where no limit is stated or that value
would not be the lowest; elsewhere at 0."""

from dataclasses import replace

import numpy as np

from livingdrug.data import Data, printable
from livingdrug.nca import NcaResult
from livingdrug.response.models.curve import Scale
from livingdrug.response.sample.sample import Kind, Sample

PEAKS = ("CMAX", "XCMAX")
AREAS = ("AUCINT", "AUCLST", "AUCALL")


def exposures_of(result: NcaResult, code: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values, reasons, floors) of a quantity of each profile: 0 where nothing rose above the limit;
    floors: what a curve at the limit gives, nan where the subject rose above it or no limit is stated.
    CMAX is that of the expansion (XCMAX) where the infused cells of the first day are higher and the level
    rises again."""
    values, reasons = result.values[code].copy(), result.reasons(code).copy()
    if code == "CMAX":
        lower = infusate_first(result)
        values[lower], reasons[lower] = result.values["XCMAX"][lower], result.reasons("XCMAX")[lower]
    floors = np.full(len(values), np.nan)
    if code not in PEAKS and code not in AREAS:
        return values, reasons, floors
    never = result.values["CMAX"] == 0
    limit, last = _at_limit(result.data)
    length = dict.fromkeys(PEAKS, np.ones(len(values))) | {
        "AUCINT": np.ptp(result.window) if result.window else np.nan
    }
    length = length.get(code, last)
    if code != "AUCINT" or result.window:
        values[never & np.isnan(values)] = 0.0
    floors[never] = (limit * length)[never]
    return values, reasons, floors


def infusate_first(result: NcaResult) -> np.ndarray:
    """Whether CMAX of each profile is a sample of the first day, higher than the expansion after it."""
    return (result.values["XCMAX"] > 0) & (result.values["XCMAX"] < result.values["CMAX"])


def of_expansion(result: NcaResult, code: str) -> list[str]:
    """Notes: in how many subjects CMAX is not the largest sample."""
    lower = int(infusate_first(result).sum())
    if code != "CMAX" or not lower:
        return []
    return [
        f"CMAX: in {lower} subject(s) the largest sample is one of the first day, that of infused cells; "
        "their largest level after the distribution minimum (XCMAX) is taken. A table of subjects with a "
        "column CMAX is taken as it is"
    ]


def _at_limit(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """(highest limit, time of the last sample) of each profile after the infusion."""
    after = data.time > 0
    limit, last = np.full(data.profiles.n, -np.inf), np.full(data.profiles.n, np.nan)
    known = after & np.isfinite(data.limit)
    np.maximum.at(limit, data.profile[known], data.limit[known])
    np.fmax.at(last, data.profile[after], data.time[after])
    return np.where(np.isfinite(limit), limit, np.nan), last


def on_axis(sample: Sample, kind: Kind, model: str | None, scale: Scale) -> Sample:
    """The sample with exposures of 0 where they belong on a logarithmic axis, and a note on who they are.

    A curve of a value (Emax) and curves of groups of exposure take 0 as it is.

    Parameters
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    kind : Kind
        Of the outcome.
    model : str or None
        Its name, None for the usual one.
    scale : Scale
        Of the exposure's axis.

    Returns
    -------
    Sample
    """
    zero = sample.exposure == 0
    if scale != "log" or kind == "continuous" or model == "km" or not zero.any() or zero.all():
        return sample
    half = sample.exposure[sample.exposure > 0].min(initial=np.inf) / 2
    floor = sample.floor if len(sample.floor) else np.full(sample.n, np.nan)
    at_limit = zero & (floor < 2 * half)
    placed = np.where(at_limit, floor, np.where(zero, half, sample.exposure))
    name, unit = (
        printable(sample.exposure_name, 40),
        f" {sample.exposure_unit}" if sample.exposure_unit else "",
    )
    notes = []
    for rows, where in (
        (
            at_limit,
            f"where a curve at the limit of quantification would be ({_range(placed[at_limit])}{unit})",
        ),
        (zero & ~at_limit, f"at {half:.4g}{unit}, half of the smallest {name} above 0"),
    ):
        if rows.any():
            notes.append(
                f"{int(rows.sum())} subject(s) with {name} 0 (never above the limit) stay in: "
                f"{sample.named(np.flatnonzero(rows))}; on the log axis they stand {where}, and their true "
                "exposure may be lower: compare --scale linear, which takes 0 as it is"
            )
    return replace(sample, exposure=placed, notes=(*sample.notes, *notes))


def _range(values: np.ndarray) -> str:
    if not len(values):
        return ""
    low, high = values.min(), values.max()
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
