"""Exposures computed from samples, each up to a time of its subject where one is asked for."""

from dataclasses import replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import Data, Endpoints, TimeUnit, printable, time_unit_of
from livingdrug.nca import PER_DAY, NcaResult, NcaSettings, nca
from livingdrug.response.sample.below import exposures_of, of_expansion
from livingdrug.response.sample.table import SubjectTable, with_endpoints

# what has a meaning for a curve that is cut: peaks and areas
CUTTABLE = ("CMAX", "XCMAX", "TMAX", "AUCINT", "AUCLST", "AUCALL")


def table_of_samples(data: Data, settings: NcaSettings, exposure: str, endpoints: Endpoints | None,
                     landmark: float | None = None, onset: str | None = None) -> SubjectTable:  # fmt: skip
    """Exposures of all subjects with their covariates and endpoints.

    Parameters
    ----------
    data : Data
        The samples.
    settings : NcaSettings
        Of the analysis.
    exposure : str
        Code of a parameter.
    endpoints : Endpoints or None
        Joined to them, None for none.
    landmark : float, optional
        In d; samples after it do not count, nor does area.
    onset : str, optional
        Name of a column with a time of each subject, which does the same for that subject alone, in the unit
        of its heading (that of the samples where it states none).

    Returns
    -------
    SubjectTable

    Raises
    ------
    InputError
        For an exposure that the analysis does not know, and one that has no meaning on a cut curve.
    """
    result = nca(data, settings)
    code = next((c for c in result.codes if c.lower() == exposure.lower()), None)
    if code is None:
        table = _joined(_table(result, {}, {}), endpoints)
        if table.find(exposure) is None:
            raise InputError("exposure: " + unknown("quantity", exposure, [*result.codes, *table.columns]))
        return table
    values, reasons, floors = exposures_of(result, code)
    ends, notes = _ends(result, endpoints, landmark, onset)
    notes += of_expansion(result, code)
    if ends is not None:
        if code not in CUTTABLE:
            raise InputError(
                f"`{code}` describes the whole curve, so it cannot end at an onset or a landmark; "
                f"use one of {', '.join(CUTTABLE)}"
            )
        values, reasons, floors = _cut(data, settings, result, code, ends)
    table = _table(result, {code: values}, {code: reasons}, tuple(notes), {code: floors})
    return _joined(table, endpoints)


def _joined(table: SubjectTable, endpoints: Endpoints | None) -> SubjectTable:
    return with_endpoints(table, endpoints) if endpoints else table


def _table(result: NcaResult, computed, reasons, notes: tuple[str, ...] = (), floors=None) -> SubjectTable:
    """One row per subject: its first infusion. Raises InputError where a subject has several outputs or
    assays."""
    data, p = result.data, result.data.profiles
    kinds = sorted({(o, a, u) for o, a, u in zip(p.output, p.assay, p.unit, strict=True)})
    if len(kinds) > 1:
        listed = ", ".join(printable(" ".join(filter(None, k)), 40) for k in kinds[:4])
        raise InputError(
            f"`{data.name}` holds several outputs, assays or units ({listed}), whose exposures cannot be "
            "joined into one: name the output with --output, or keep the rows of one assay"
        )
    _, first = np.unique(p.subject, return_index=True)
    first = first[np.argsort(p.subject[first])]
    if len(first) < p.n:
        notes += (f"{p.n - len(first)} later infusion(s) are left out; the exposure is that of the first",)
    subjects = tuple(data.subjects[s] for s in p.subject[first])
    columns = {name: texts[p.subject[first]] for name, texts in data.covariates.items()}
    if np.isfinite(p.dose).any():
        computed = computed | {"DOSE": p.dose}
    units = {code: result.unit(code)[0] for code in computed if code != "DOSE"} | {"DOSE": data.dose_unit}
    return SubjectTable(
        data.name,
        tuple(printable(s, 30) for s in subjects),
        subjects,
        columns,
        units,
        {c: v[first] for c, v in computed.items()},
        {c: r[first] for c, r in reasons.items()},
        (*data.notes, *notes),
        {c: f[first] for c, f in (floors or {}).items()},
    )


def _ends(
    result: NcaResult, endpoints: Endpoints | None, landmark, onset
) -> tuple[np.ndarray | None, list[str]]:
    """(time at which the curve of each profile is cut, infinite where it is not; notes), or None where
    nothing is cut."""
    if landmark is None and onset is None:
        return None, []
    data, notes = result.data, []
    if data.time_unit not in PER_DAY:
        raise InputError(
            f"`{data.name}` does not say its unit of time, so nothing can be cut at a day; use --time-unit"
        )
    ends, mine = np.full(data.profiles.n, np.inf), TimeUnit(data.time_unit)
    if landmark is not None:
        ends = np.minimum(ends, mine.from_other(landmark, TimeUnit("d")))
        notes.append(f"exposure counts up to the landmark at {landmark:g} d")
    if onset is not None:
        table = _joined(_table(result, {}, {}), endpoints)
        times = _in_unit(table, onset, mine, notes)
        day = dict(zip(table.ids, times, strict=True))
        own = np.array([day.get(s, np.nan) for s in result.ids])
        bad = [s for s, t in day.items() if t <= 0]
        if bad:
            raise InputError(
                f"`{onset}` is 0 or negative for {', '.join(bad[:5])}; an onset lies after the infusion"
            )
        ends = np.where(np.isfinite(own), np.minimum(ends, own), ends)
        notes.append(
            f"exposure ends at `{onset}` in the {int(np.isfinite(times).sum())} subject(s) who have one and "
            "runs on in the others, whose areas cover more days: compare CMAX too, or give the others a "
            "time as well"
        )
    return ends, notes


def _in_unit(table: SubjectTable, column: str, unit: TimeUnit, notes: list[str]) -> np.ndarray:
    """The times of a column in the unit of the samples; what was converted or taken for granted is noted."""
    heading, times = table.heading(column, "--onset"), table.numbers(column, "--onset")
    stated = time_unit_of(heading, table.units.get(heading, ""))
    if not stated.name:
        notes.append(f"the unit of `{heading}` is not stated: it is taken in {unit.name}, as the samples are")
    elif stated.name != unit.name:
        notes.append(
            f"`{heading}` is in {stated.name} and the samples are in {unit.name}: {stated.factor_words(unit)}"
        )
    return unit.from_other(times, stated)


def _cut(data: Data, settings: NcaSettings, result: NcaResult, code: str, ends: np.ndarray):
    """(values, reasons, floors) of a parameter with each profile cut at its end."""
    found = exposures_of(result, code)
    start, stop = result.window or (0.0, np.inf)
    for end in np.unique(ends[np.isfinite(ends)]):
        members = np.flatnonzero(ends == end)
        if code == "AUCINT":
            if end >= stop:
                continue
            # the sample after the end is kept, as the area up to the end is interpolated
            again = nca(data, replace(settings, window=(start, float(end))))
        else:
            again = nca(_up_to(data, float(end)), settings)
        for whole, part in zip(found, exposures_of(again, code), strict=True):
            whole[members] = part[members]
    return found


def _up_to(data: Data, end: float) -> Data:
    """Only samples up to a time; profiles stay."""
    return data.kept(data.time <= end)
