"""Rows that are samples become profiles: limits settled, doubles named, units of one profile the same."""

from collections.abc import Iterable

import numpy as np

from livingdrug.data.cells import ABOVE, BELOW, MISSING, NUMBER, missing
from livingdrug.data.distinct import distinct
from livingdrug.data.doses import doses_of
from livingdrug.data.doubles import settle_doubles
from livingdrug.data.findings import Findings, printable
from livingdrug.data.infusion import Timed
from livingdrug.data.limits import settle_limits
from livingdrug.data.meanings import counts_time
from livingdrug.data.names import all_folded, how_alike
from livingdrug.data.order import natural_order, naturally_sorted
from livingdrug.data.outputs import ask_what_tells_apart, kept, outputs, unit_said
from livingdrug.data.parse import Parsed
from livingdrug.data.reading import Reading
from livingdrug.data.table import Changes, Data, Profile
from livingdrug.data.units import known_units, read_unit


def subject_codes(ids: np.ndarray, name: str, findings: Findings) -> tuple[np.ndarray, tuple[str, ...]]:
    """(codes of the rows, subjects in natural order). Subjects whose names look alike are warned about."""
    codes, unique = distinct(ids)
    order = naturally_sorted(list(unique))
    rank = np.empty(len(unique), dtype=int)
    rank[order] = np.arange(len(unique))
    keys = all_folded(list(unique))
    if len(set(keys)) < len(keys):
        _warn_of_alike(codes, list(unique), keys, name, findings)
    return rank[codes], tuple(unique[i] for i in order)


def _warn_of_alike(
    codes: np.ndarray, unique: list[str], keys: list[str], name: str, findings: Findings
) -> None:
    """Warn of subjects that have the same key."""
    alike: dict[str, str] = {}
    _, first = np.unique(codes, return_index=True)
    for code, (text, key) in enumerate(zip(unique, keys, strict=True)):
        if alike.setdefault(key, text) != text:
            row = first[code]
            problem = (f"subjects `{printable(alike[key], 40)}` and `{printable(text, 40)}` differ only by "
                       f"{how_alike(alike[key], text)}")  # fmt: skip
            fix = "write them alike if they are one subject"
            findings.add("subject-twice", int(findings.lines[row]), name, text, problem, fix, "warning")


def build(
    name: str,
    parsed: Parsed,
    timed: Timed,
    codes: np.ndarray,
    subjects: tuple[str, ...],
    time_unit: str,
    dose_unit: str,
    reading: Reading,
    findings: Findings,
) -> Data:
    """The canonical table; faults between rows go to findings."""
    cens, limit, end = settle_limits(parsed, reading, findings)
    sampled = _sampled(parsed, cens, reading, findings)
    outputs_of = outputs(parsed, sampled, findings)
    sampled = kept(outputs_of, parsed, sampled, reading.output, findings)
    unit = _units(parsed, sampled, outputs_of, reading, findings)
    nobody = [i for i, subject in enumerate(subjects) if subject in ("", ".")]
    use = np.flatnonzero(sampled & np.isfinite(timed.time) & ~np.isin(codes, nobody))
    assay = _assays(parsed.texts["ASSAY"], outputs_of, use, reading, findings)
    labels = [timed.occasion[use], outputs_of[use], assay[use], unit[use]]
    profiles, profile = _profiles(codes[use], labels, timed.dose[use])
    _note_order(timed.time[use], profile, findings)
    unlimited_zero = (
        (parsed.dv.kind == NUMBER) & (parsed.dv.value == 0) & np.isnan(limit) & (reading.logarithms is None)
    )
    dv = np.where((cens == 1) & ~unlimited_zero, limit, parsed.dv.either)
    # the value breaks ties, so that the order of the rows in the file never matters
    order = _sorted(profile, timed.time[use], dv[use])
    rows, profile = use[order], profile[order]
    constant, varying = _covariates(parsed, codes, len(subjects), rows, findings)
    data = Data(
        name,
        subjects,
        profiles,
        profile,
        timed.time[rows],
        dv[rows],
        cens[rows],
        limit[rows],
        findings.lines[rows],
        time_unit,
        dose_unit,
        constant,
        varying,
        _weights(parsed, codes, timed, subjects),
        doses=doses_of(parsed, timed, codes, findings.lines, _starts(timed, use, order, profile)),
        end=end[rows],
        logarithms=reading.logarithms == "kept",
        changing=_changing(parsed, codes, timed, varying),
    )
    return _finish(data, parsed, reading, findings)


def _finish(data: Data, parsed: Parsed, reading: Reading, findings: Findings) -> Data:
    apart = ask_what_tells_apart(data, parsed, reading, findings)
    data = settle_doubles(data, parsed, reading, apart, findings)
    _same_units(data, parsed, findings)
    data = _dose_of_body(data, findings)
    if not data.rows and not findings.failed:
        problem = "no row holds a measured value"
        findings.add("no-samples", findings.heading, parsed.name("DV"), "", problem, "give the values")
    silent = np.setdiff1d(np.arange(len(data.subjects)), data.profiles.subject)
    named = [printable(data.subjects[i], 30) for i in silent if data.subjects[i] not in ("", ".")]
    if named:
        shown = ", ".join(named[:5]) + (", ..." if len(named) > 5 else "")
        findings.note(
            f"{len(named)} subject(s) have no sample that can be used, so no results of their own: {shown}"
        )
    if (data.time < 0).any():
        findings.note(
            f"{int((data.time < 0).sum())} sample(s) before the infusion are kept and used by no area or "
            "slope"
        )
    return data


def _sampled(parsed: Parsed, cens: np.ndarray, reading: Reading, findings: Findings) -> np.ndarray:
    """Rows that hold a usable sample."""
    sample = (parsed.evid == 0) & ~parsed.excluded
    nothing = sample & (parsed.dv.kind == MISSING) & (cens == 0)
    idle = sample & ~nothing & parsed.not_measured
    for mask, what in ((nothing, "hold no value"), (idle, "are marked as missing (MDV 1)")):
        if mask.any():
            first = int(findings.lines[mask].min())
            findings.note(
                f"{int(mask.sum())} sample row(s) {what} (the first is line {first}) and are not used"
            )
    given = int((np.isin(parsed.evid, (1, 4)) & (parsed.dv.either > 0)).sum())
    if given:
        findings.note(f"{given} dose row(s) hold a value; it is not used")
    for code, what in ((2, "are no samples and are not used"), (3, "are resets: a fit restarts there")):
        if (parsed.evid == code).any():
            findings.note(f"{int((parsed.evid == code).sum())} row(s) with EVID {code} {what}")
    readable = np.isin(parsed.dv.kind, (NUMBER, BELOW, ABOVE)) | ((cens == 1) & (parsed.dv.kind == MISSING))
    return sample & ~nothing & ~idle & readable & (~(parsed.dv.either < 0) | (reading.logarithms == "kept"))


def _units(
    parsed: Parsed, sampled: np.ndarray, outputs_of: np.ndarray, reading: Reading, findings: Findings
) -> np.ndarray:
    """Unit of each row, "" where nobody states one."""
    texts = parsed.texts["UNIT"]
    fix = f"use one of {known_units()}"
    silent = sampled & missing(texts)
    # a column that is empty in every sample states nothing, like one that is not there
    if parsed.has("UNIT") and not np.array_equal(silent, sampled):
        words = {text: read_unit(text) or "" for text in set(texts)}
        unit = np.array([words[text] for text in texts], dtype=object)
        foreign = _foreign(parsed, outputs_of, sampled & ~silent, unit, findings)
        unit = np.where(foreign, texts, unit).astype(object)
        wrong = np.flatnonzero(sampled & ~silent & (unit == ""))
        findings.at(
            "unit", wrong, parsed.name("UNIT"), texts[wrong], "{} is not a unit that is known here", fix
        )
        lost = np.flatnonzero(silent)
        findings.at("unit", lost, parsed.name("UNIT"), texts[lost], "the row states no unit, others do",
                    "write the unit in every row of a sample")  # fmt: skip
        said = set(unit[sampled & ~foreign]) - {""}
    else:
        stated = parsed.columns["DV"].unit
        one = read_unit(stated) if stated else ""
        if one is None:
            problem = f"`{printable(stated)}` is not a unit that is known here"
            findings.add("unit", findings.heading, parsed.name("DV"), stated, problem, fix)
        given = unit_said(outputs_of, sampled, reading, findings, parsed.name("DV"))
        unit = np.full(len(texts), one, dtype=object) if one else given
        said = {one} - {"", None}
    asked = {unit for unit in (reading.unit, *reading.units.values()) if unit is not None}
    if asked and said and said != asked:
        problem = (
            f"the file says {', '.join(sorted(map(str, said)))} and --unit says {', '.join(sorted(asked))}"
        )
        fix = "leave the option out: one unit becomes another only by a named conversion (--conversion)"
        findings.add("unit", findings.heading, parsed.name("UNIT") or parsed.name("DV"), "", problem, fix)
    if not said and not asked:
        findings.note(
            "the unit of the values is not stated (--unit states it); numbers are in the unit of the file"
        )
    return unit


def _foreign(
    parsed: Parsed, output: np.ndarray, stated: np.ndarray, unit: np.ndarray, findings: Findings
) -> np.ndarray:
    """Rows of outputs whose unit is not in the closed list, where other outputs have one that is: they keep
    their own."""
    lost = set(output[stated & (unit == "")])
    known = set(output[stated & (unit != "")])
    foreign = stated & np.isin(output, list(lost - known - {""}))
    if not known or not foreign.any():
        return np.zeros(len(output), dtype=bool)
    pairs = sorted({(o, u) for o, u in zip(output[foreign], parsed.texts["UNIT"][foreign], strict=True)})
    listed = ", ".join(f"`{printable(o, 30)}` ({printable(u, 20)})" for o, u in pairs[:5]) + (
        ", ..." if pairs[5:] else ""
    )
    findings.note(
        f"{len(pairs)} output(s) keep a unit that is not known here, so no model reads them: {listed}"
    )
    return foreign


def _assays(
    assay: np.ndarray, outputs_of: np.ndarray, use: np.ndarray, reading: Reading, findings: Findings
) -> np.ndarray:
    """Assay of each row. Several assays of one output stay apart unless the user pools them, which is then
    noted."""
    if len(set(assay[use])) < 2:
        return assay
    import pandas as pd

    pairs = pd.DataFrame({"output": outputs_of[use], "assay": assay[use]}).drop_duplicates()
    for output, group in pairs.groupby("output"):
        several = sorted(group["assay"])
        if len(several) < 2:
            continue
        names = " and ".join(a or "an assay not stated" for a in several)
        label = f"output `{printable(str(output), 40)}`" if output else "the values"
        if reading.pool_assays:
            findings.note(f"{names} are pooled for {label}, as you said; assays differ in what they count")
            assay = np.where(outputs_of == output, "+".join(a for a in several if a), assay).astype(object)
        else:
            findings.note(f"{names} measured {label}: they are analysed apart (--pool-assays joins them)")
    return assay


def _profiles(codes: np.ndarray, labels: list[np.ndarray], dose: np.ndarray) -> tuple[Profile, np.ndarray]:
    """Distinct (subject, occasion, output, assay, unit) in natural order, and the profile of each row."""
    key = codes.astype(np.int64)
    for texts in labels:
        rank = natural_order(texts)
        key = key * (int(rank.max(initial=0)) + 1) + rank
    _, first, profile = np.unique(key, return_index=True, return_inverse=True)
    doses = np.full(len(first), -np.inf)
    np.maximum.at(doses, profile, np.where(np.isfinite(dose), dose, -np.inf))
    occasion, output, assay, unit = (texts[first] for texts in labels)
    return Profile(
        codes[first], occasion, output, assay, unit, np.where(np.isfinite(doses), doses, np.nan)
    ), profile


def _sorted(profile: np.ndarray, time: np.ndarray, dv: np.ndarray) -> np.ndarray:
    """Positions in the order of profile, time and value; most tables are in it already."""
    one, next_one = slice(None, -1), slice(1, None)
    risen = (time[next_one] == time[one]) & (dv[next_one] >= dv[one]) | (time[next_one] > time[one])
    if ((profile[next_one] > profile[one]) | (profile[next_one] == profile[one]) & risen).all():
        return np.arange(len(profile))
    return np.lexsort((dv, time, profile))


def _starts(timed: Timed, use, order, profile: np.ndarray) -> np.ndarray:
    """When the infusion of each profile was, since the first one of its subject; profile: of the samples
    `use[order]`."""
    start = np.zeros(int(profile.max(initial=-1)) + 1)
    start[profile] = timed.start[use[order]]
    return start


def _note_order(time: np.ndarray, profile: np.ndarray, findings: Findings) -> None:
    order = np.argsort(profile, kind="stable")
    same = profile[order][1:] == profile[order][:-1]
    if (same & (np.diff(time[order]) < 0)).any():
        findings.note("rows were not in order of time; they were sorted by subject and time")


def _same_units(data: Data, parsed: Parsed, findings: Findings) -> None:
    """One output of one assay in one unit."""
    p = data.profiles
    triples = set(zip(p.output, p.assay, p.unit, strict=True))
    if len({triple[:2] for triple in triples}) == len(triples):
        return
    import pandas as pd

    frame = pd.DataFrame({"output": p.output, "assay": p.assay, "unit": p.unit})
    for (output, _), group in frame[frame["unit"] != ""].groupby(["output", "assay"]):  # pyright: ignore
        counts = pd.Series(group["unit"]).value_counts()
        for unit in counts.index[1:]:
            rows = np.flatnonzero((p.output == output) & (p.unit == unit))
            lines = data.line[np.isin(data.profile, rows)]
            problem = f"`{unit}` here and `{counts.index[0]}` in other rows of the same output"
            findings.add(
                "unit",
                int(lines.min()),
                parsed.name("UNIT"),
                str(unit),
                problem,
                "use one unit for one output, or give the rows another DVID or ASSAY",
                rows=len(lines),
            )


def _covariates(parsed: Parsed, codes: np.ndarray, n: int, rows: np.ndarray, findings: Findings):
    """(constant covariates by subject, varying ones by row)."""
    constant, varying = {}, {}
    for name, texts in parsed.covariates.items():
        values, unique = distinct(np.where(missing(texts), "", texts).astype(object))
        filled = np.flatnonzero(unique[values] != "") if len(unique) else np.empty(0, dtype=int)
        low, high = np.full(n, len(unique)), np.full(n, -1)
        np.minimum.at(low, codes[filled], values[filled])
        np.maximum.at(high, codes[filled], values[filled])
        steady = low == high
        if (high > low).any():
            varying[name] = texts[rows]
        texts_of = np.append(unique, "").astype(object)
        constant[name] = np.where(steady, texts_of[np.where(steady, high, -1)], "").astype(object)
        if (high > low).any() and not counts_time(name) and name != parsed.name("CMT"):
            findings.note(f"`{printable(name, 40)}` changes within a subject, so it groups nobody")
    return {k: v for k, v in constant.items() if k not in varying}, varying


def _changing(parsed: Parsed, codes: np.ndarray, timed: Timed, varying: Iterable[str]) -> dict[str, Changes]:
    """Every covariate that changes within a subject, from all rows that are used, doses too; varying: their
    names."""
    since = timed.start + timed.time
    usable = np.isfinite(since) & ~parsed.excluded
    columns = {
        name: parsed.covariates[name]
        for name in varying
        if not counts_time(name) and name != parsed.name("CMT")
    }
    known = parsed.weight > 0
    if known.any() and _varies(codes, parsed.weight, known):
        columns["WT"] = np.array([repr(w) if w > 0 else "" for w in parsed.weight.tolist()], dtype=object)
    found = {}
    for name, texts in columns.items():
        rows = np.flatnonzero(usable & ~missing(texts))
        rows = rows[np.lexsort((rows, since[rows], codes[rows]))]
        if ((texts[rows][1:] != texts[rows][:-1]) & (codes[rows][1:] == codes[rows][:-1])).any():
            found[name] = Changes(codes[rows], since[rows], texts[rows])
    return found


def _varies(codes: np.ndarray, weight: np.ndarray, known: np.ndarray) -> bool:
    """Whether a subject has several weights."""
    lowest, highest = np.full(len(codes), np.inf), np.zeros(len(codes))
    np.fmin.at(lowest, codes, np.where(known, weight, np.inf))
    np.fmax.at(highest, codes, np.where(known, weight, 0.0))
    return bool((highest > lowest).any())


def _weights(parsed: Parsed, codes: np.ndarray, timed: Timed, subjects: tuple[str, ...]) -> np.ndarray:
    """Weight of each subject, the earliest one where it changes."""
    weight = np.full(len(subjects), np.nan)
    known = np.flatnonzero((parsed.weight > 0) & np.isfinite(timed.time))
    order = known[np.lexsort((parsed.weight[known], timed.time[known], codes[known]))]
    first = order[np.r_[True, codes[order][1:] != codes[order][:-1]]] if len(order) else order
    weight[codes[first]] = parsed.weight[first]
    return weight


def _dose_of_body(data: Data, findings: Findings) -> Data:
    """Doses per kg times the weight of the subject."""
    from dataclasses import replace

    if not data.dose_unit.endswith("/kg"):
        return data
    findings.note(f"doses in {data.dose_unit} were multiplied by the weight of the subject")
    dose = data.profiles.dose * data.weight[data.profiles.subject]
    weight = None if data.doses is None else data.weight[data.doses.subject]
    doses = data.doses and replace(
        data.doses, amount=data.doses.amount * weight, rate=data.doses.rate * weight
    )
    unit = data.dose_unit.removesuffix("/kg")
    return replace(data, profiles=replace(data.profiles, dose=dose), doses=doses, dose_unit=unit)
