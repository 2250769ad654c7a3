"""What was measured, and of what: rows of another output or matrix are no part of a profile, and nobody
averages them."""

import shlex
from collections.abc import Mapping, Sequence

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data.cells import NUMBER, missing, read_numbers
from livingdrug.data.distinct import distinct
from livingdrug.data.findings import Findings, printable
from livingdrug.data.meanings import counts_time, measures, plain_word
from livingdrug.data.order import natural_key
from livingdrug.data.parse import Parsed
from livingdrug.data.reading import Reading
from livingdrug.data.table import Data

FEW, FEW_NUMBERS = 20, 10  # values of a column that may tell samples apart
# columns that describe a sample or number it
_DESCRIBES = frozenset(
    "visit visitnum visitn visitname avisit avisitn epoch phase atpt atptn pctpt pctptnum timepoint tpt "
    "comment comments note notes remark remarks flag flags seq pcseq aseq pcseqno pcspid pcrefid pcgrpid "
    "visitdy sampleid sample barcode batch plate run operator analyst rep repl replicate replicates aliquot "
    "duplicate well line row obs obsno dosefrq dosfrq exdosfrq dosno dosnop doseno dosfrm exdosfrm".split()
)


# columns that tell outputs or matrices apart wherever they change within a profile, also where one value
# follows another
_LABELS = frozenset(
    "cmt name position site location organ compartment celltype population subset probe series channel".split()
)


def outputs(parsed: Parsed, sampled: np.ndarray, findings: Findings) -> np.ndarray:
    """Output of each row, shape (n,): what was measured (DVID), joined with the matrix where a file has
    several."""
    output, matrix = parsed.texts["DVID"], parsed.texts["MATRIX"]
    for meaning, texts, what in (
        ("DVID", output, "what was measured"),
        ("MATRIX", matrix, "what was sampled"),
    ):
        if parsed.has(meaning) and (texts[sampled] != "").any():
            rows = np.flatnonzero(sampled & (texts == ""))
            noun = "output" if meaning == "DVID" else "matrix"
            findings.at(f"no-{noun}", rows, parsed.name(meaning), texts[rows], f"the row does not say {what}",
                        f"write the {noun} in every row of a sample")  # fmt: skip
    kinds = sorted(set(matrix[sampled]) - {""}, key=natural_key)
    if len(kinds) < 2:
        return output
    listed = ", ".join(f"`{printable(kind, 40)}`" for kind in kinds[:6]) + (", ..." if len(kinds) > 6 else "")
    column = printable(parsed.name("MATRIX"), 40)
    findings.note(
        f"{len(kinds)} matrices in `{column}` ({listed}): each is an output of its own (--output keeps one)"
    )
    joined = {pair: " in ".join(filter(None, pair)) for pair in set(zip(output, matrix, strict=True))}
    return np.array([joined[pair] for pair in zip(output, matrix, strict=True)], dtype=object)


def kept(
    output: np.ndarray, parsed: Parsed, sampled: np.ndarray, wanted: str | None, findings: Findings
) -> np.ndarray:
    """The sampled rows of the wanted output. Raises InputError with the outputs of the file where it is none
    of them."""
    if wanted is None:
        return sampled
    known = sorted(set(output[sampled]) - {""}, key=natural_key)
    plain = wanted.strip().lower()
    found = [label for label in known if label.lower() == plain]
    if not found:  # the output or the matrix alone, where it names one profile
        parts = zip(
            output[sampled], parsed.texts["DVID"][sampled], parsed.texts["MATRIX"][sampled], strict=True
        )
        found = sorted({label for label, *part in parts if plain in (text.lower() for text in part)})
    if len(found) != 1:
        if not known:
            raise InputError(
                f"--output `{printable(wanted, 40)}`: the file does not say what was measured (no DVID, no "
                "MATRIX)"
            )
        listed = ", ".join(f"`{printable(label, 40)}`" for label in found)
        raise InputError(f"--output `{printable(wanted, 40)}` is {listed}; name one of them" if found else
                         "--output: " + unknown("output", wanted, known))  # fmt: skip
    here = sampled & (output == found[0])
    others = int((sampled & ~here).sum())
    if others:
        findings.note(
            f"only the output `{printable(found[0], 60)}` is used, as you said: {others} sample row(s) of "
            "others are not"
        )
    return here


def unit_said(
    output: np.ndarray, sampled: np.ndarray, reading: Reading, findings: Findings, column: str
) -> np.ndarray:
    """Unit that the user states for each row, "" where nobody does; one unit for several outputs is a fault.

    Raises InputError for a unit of an output that is not in the file.
    """
    known = sorted(set(output[sampled]), key=natural_key)
    named = {label.lower(): label for label in known}
    said = dict.fromkeys(known, "")
    for name, unit in reading.units.items():
        if name.lower() not in named:
            raise InputError("--unit: " + unknown("output", name, known))
        said[named[name.lower()]] = unit
    if reading.unit and len(known) > 1 and not reading.units:
        listed = ", ".join(f"`{printable(label, 40)}`" for label in known[:6])
        pair = shlex.quote(f"{known[0]}={reading.unit}")
        findings.add(
            "unit",
            findings.heading,
            column,
            "",
            f"--unit says {reading.unit}, and the file has {len(known)} outputs ({listed})",
            f"say it for each, such as --unit {pair}, or keep one of them with --output",
        )
    if not reading.units:
        return np.full(len(output), reading.unit or "", dtype=object)
    return np.array([said.get(label) or "" for label in output], dtype=object)


def ask_what_tells_apart(data: Data, parsed: Parsed, reading: Reading, findings: Findings) -> set[str]:
    """Columns that change within a profile at the same or interleaved times: one question for all, a fault
    until answered.

        The names of these columns. A column of one value after another (A A B B) describes the course of a
        subject; one whose values come back (A B A), or differ at one time, may hold two curves, and so may
        one with a name such as CMT.
    """
    found = {}
    for name, texts in data.by_row.items():
        if _may_be_label(name, texts, reading.columns):
            row = _first_sign(data, texts, plain_word(name) in _LABELS)
            if row is not None:
                found[name] = row
    groups = _same_partition(found, data.by_row)
    if not groups:
        return set()
    names = [group[0] for group in groups]
    name = min(names, key=lambda n: data.line[found[n]])
    row = found[name]
    subject = printable(data.subjects[data.profiles.subject[data.profile[row]]], 40)
    listed = "; ".join(_values_of(group, data.by_row, len(groups) > 1) for group in groups)
    it = "it" if len(groups) == 1 else "they"
    findings.add(
        "tells-apart", int(data.line[row]), name, str(data.by_row[name][row]),
        f"{it} may tell outputs or matrices apart{listed} at the same or interleaved times of subject "
        f"`{subject}`",
        _answers(names, parsed),
    )  # fmt: skip
    return set(found)


def _values_of(group: Sequence[str], columns: Mapping[str, np.ndarray], several: bool) -> str:
    """What one column (and those that part the rows as it does) holds; several: whether other columns ask
    too."""
    values = sorted(set(columns[group[0]].tolist()), key=natural_key)
    listed = ", ".join(f"`{printable(v, 30)}`" if v else "nothing" for v in values[:5]) + (
        ", ..." if values[5:] else ""
    )
    more = f" (as `{'`, `'.join(printable(n, 40) for n in group[1:])}` does)" if group[1:] else ""
    return f" `{printable(group[0], 40)}`{more}: {listed}" if several else f"{more}: {listed}"


def _answers(names: Sequence[str], parsed: Parsed) -> str:
    """What to say of these columns, each of which parts the rows in its own way."""

    def said(name: str, meaning: str) -> str:
        return "--column " + shlex.quote(f"{name}={meaning}")

    free = next((meaning for meaning in ("DVID", "MATRIX") if not parsed.has(meaning)), None)
    if len(names) == 1 and free:
        apart, joined = f"{said(names[0], free)} (a profile for each of its values)", names
    else:
        joined = [*([parsed.name("DVID")] if parsed.has("DVID") else []), *names]
        apart = (
            f"{' '.join(said(name, 'DVID') for name in joined)} (a profile for each combination of their "
            "values)"
        )
    describes = "it only describes samples" if len(names) == 1 else "a column only describes samples"
    return (
        f"say {apart}, {said(names[0], 'OCC')} if it numbers infusions, or {said(names[0], 'covariate')} "
        f"if {describes}"
    )


def may_differ(name: str, said: Mapping[str, str]) -> bool:
    """Whether rows that differ in this column may be different things: not where it numbers or describes
    samples."""
    return not (counts_time(name) or measures(name) or plain_word(name) in _DESCRIBES or name in said)


def _may_be_label(name: str, texts: np.ndarray, said: Mapping[str, str]) -> bool:
    """Few values, each a word or a whole number."""
    if not may_differ(name, said):
        return False
    kinds = np.unique(texts.astype(str)).astype(object)
    if not 2 <= len(kinds) <= FEW or 2 * len(kinds) > len(texts):
        return False
    numbers = read_numbers(kinds)
    values = numbers.value[numbers.kind == NUMBER]
    return len(values) <= FEW_NUMBERS and bool((values == np.round(values)).all())


def _first_sign(data: Data, texts: np.ndarray, label: bool) -> int | None:
    """Row with the first sign that a column tells rows of one profile apart, None where there is none. label:
    its name says that it does, so that any change is one."""
    codes, _ = distinct(texts)
    same = data.profile[1:] == data.profile[:-1]
    changes = same & (codes[1:] != codes[:-1])
    at_once = changes & (data.time[1:] == data.time[:-1])
    if at_once.any():
        return int(np.flatnonzero(at_once)[0]) + 1
    if missing(texts).any():  # a remark here and there
        return None
    if label and changes.any():
        return int(np.flatnonzero(changes)[0]) + 1
    n = data.profiles.n
    runs = 1 + np.bincount(data.profile[1:][changes], minlength=n)
    pairs = np.unique(data.profile.astype(np.int64) * (int(codes.max()) + 1) + codes) // (
        int(codes.max()) + 1
    )
    back = np.flatnonzero(runs > np.bincount(pairs, minlength=n))
    if not len(back):
        return None
    return int(np.flatnonzero(changes & (data.profile[1:] == back[0]))[-1]) + 1


def _same_partition(
    names: Sequence[str] | Mapping[str, int], columns: Mapping[str, np.ndarray]
) -> list[list[str]]:
    """Columns that part the rows alike, together."""
    groups: dict[bytes, list[str]] = {}
    for name in names:
        groups.setdefault(distinct(columns[name])[0].tobytes(), []).append(name)
    return list(groups.values())
