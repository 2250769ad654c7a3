"""Units with a power of ten or a size in them: `10^6 cells`, `10^9/L`, `copies/100 ng`, read by exact factors."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from livingdrug.data.cells import Numbers
from livingdrug.data.findings import Findings, printable
from livingdrug.data.parse import Parsed
from livingdrug.data.reading import Reading
from livingdrug.data.units import read_unit

_SUPER = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", "0123456789")
_RAISED = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+")
# 10^6, 10**6, 10*6 (UCUM), 1e6, million; not 10E6, which people write for 10^6 and computers read as 10^7
_POWER = re.compile(
    r"(?:[x*]\s*)?\(?\s*[x*]?\s*(?<![0-9.])(?:10\s*(?:\^|\*{1,2})\s*\(?([0-9]{1,2})\)?|1(?:\.0*)?e\+?([0-9]{1,2})"
    r"|\b(thousand|million|billion)\b|^(k)(?=\s*/))(?![0-9.])\s*\)?\s*[x*]?\s*"
)
_WORDS = {"thousand": 3, "million": 6, "billion": 9, "k": 3}
_CELLS = re.compile(
    r"(?:(?:viable|transduced|autologous|total) )*(?:car(?:[ -]?(?:t|\+|pos|positive))?[ +-]*)?(?:viable )?(?:t[ -]?)?cells?"
    r"|car[ -]?t"
)
_COPIES = re.compile(r"(?:(?:transgene|vector|gene|car) )?(?:copies|copy)")
_DNA = re.compile(r"([0-9]+(?:\.[0-9]+)?)?\s*(ug|mcg|ng|microgram|nanogram)s?(?:[ .]*(?:of )?(?:genomic ?|g)?dna)?")
_VOLUMES = {
    **dict.fromkeys(("ul", "mcl", "mm3", "mm^3", "cmm", "microliter", "microlitre"), ("cells/uL", Fraction(1))),
    **dict.fromkeys(("l", "liter", "litre"), ("cells/uL", Fraction(1, 10**6))),
    **dict.fromkeys(("ml", "cm3", "cm^3", "milliliter", "millilitre"), ("cells/mL", Fraction(1))),
    "dl": ("cells/mL", Fraction(1, 100)),
    "kg": ("cells/kg", Fraction(1)),
}


@dataclass(frozen=True)
class Scaled:
    """A unit of the closed list, and how many of it one of the file's unit is."""

    unit: str
    factor: Fraction = Fraction(1)


def read_scaled(text: str) -> Scaled | None:
    """The unit and the exact factor that a text stands for, None where it cannot be told."""
    known = read_unit(text)
    if known is not None:
        return Scaled(known)
    plain = text.strip().replace("\u00b5", "u").replace("\u03bc", "u").replace("\u00d7", "x").replace("\u00b7", "*")
    plain = _RAISED.sub(lambda found: "^" + found.group().translate(_SUPER), plain).lower()
    plain = re.sub(r"\s+per\s+", "/", plain)
    found = list(_POWER.finditer(plain))
    factor = Fraction(1)
    if len(found) > 1 or (found and plain[: found[0].start()].rstrip().endswith("/")):
        return None
    if found:
        digits = found[0].group(1) or found[0].group(2) or _WORDS[found[0].group(3) or found[0].group(4)]
        factor = Fraction(10) ** int(digits)
        plain = f"{plain[: found[0].start()].rstrip()} {plain[found[0].end() :].lstrip()}".strip()
    base = _base(re.sub(r"\s+", " ", re.sub(r"\s*/\s*", "/", plain)), bool(found))
    return base and Scaled(base.unit, base.factor * factor)


def _base(plain: str, counted: bool) -> Scaled | None:
    """A unit without its power of ten; counted: whether it had one (`10^9/L` counts cells, as `/uL` does)."""
    above, mark, below = plain.partition("/")
    above = above.strip()
    if not mark:
        return Scaled("cells") if _CELLS.fullmatch(above) else None
    if _CELLS.fullmatch(above) or (not above and (counted or below in ("mm^3", "cm^3"))):
        unit, factor = _VOLUMES.get(below.strip(), ("", Fraction(1)))
        return Scaled(unit, factor) if unit else None
    dna = _DNA.fullmatch(below.strip())
    if not _COPIES.fullmatch(above) or not dna or Fraction(dna.group(1) or 1) == 0:
        return None
    size = Fraction(dna.group(1) or 1) * (Fraction(1, 1000) if dna.group(2).startswith("n") else 1)
    return Scaled("copies/ug", 1 / size)


def in_base_units(parsed: Parsed, reading: Reading, findings: Findings) -> tuple[Parsed, Reading]:
    """Values, limits and doses in units of the closed list, with a note for every factor.

    `--limit` is in the unit of the file, as the values are.
    """
    texts, columns, factor = _converted(parsed, "UNIT", "DV", "values", findings)
    limits = _limit_factor(parsed, columns, factor, findings)
    dose_texts, dose_columns, dosed = _converted(parsed, "DOSEUNIT", "AMT", "doses", findings)
    reading = _scaled_limit(parsed, factor, reading, findings)
    made = replace(
        parsed,
        texts=parsed.texts | texts | dose_texts,
        columns=parsed.columns | columns | dose_columns,
        dv=parsed.dv.times(factor),
        limit=parsed.limit * limits,
        amount=parsed.amount.times(dosed),
        event=parsed.event | _rates(parsed, dosed),
    )
    _refuse_logarithms(parsed, factor, reading, findings)
    return made, reading


def _rates(parsed: Parsed, dosed: np.ndarray) -> dict[str, Numbers]:
    """Rates of infusions are doses per time; a negative one is a code."""
    if "RATE" not in parsed.event:
        return {}
    rate = parsed.event["RATE"]
    return {"RATE": rate.times(np.where(rate.value > 0, dosed, 1.0))}


def _refuse_logarithms(parsed: Parsed, factor: np.ndarray, reading: Reading, findings: Findings) -> None:
    """Values that stay logarithms take no factor."""
    if reading.logarithms == "kept" and (factor != 1).any():
        where = parsed.name("UNIT") or parsed.name("DV")
        problem = "values that are kept as logarithms take no power of ten, which their unit holds"
        findings.add("unit", findings.heading, where, "", problem, "have them turned back (--logarithms e or 10)")


def _scaled_limit(parsed: Parsed, factor: np.ndarray, reading: Reading, findings: Findings) -> Reading:
    stated = (parsed.evid == 0) & (~np.isin(parsed.texts["UNIT"], ["", "."]) if parsed.has("UNIT") else True)
    factors = np.unique(factor[stated])
    if reading.limit is None or not len(factors):
        return reading
    if len(factors) > 1:
        problem = "--limit is one number, and the values are in several units"
        findings.add("limit", findings.heading, parsed.name("UNIT"), "", problem, "state the limits in a column LIMIT")
        return reading
    factor = float(factors[0])
    if reading.logarithms in ("e", "10"):  # the limit is a logarithm too, until `settle_limits` turns it back
        size = np.log(10.0) if reading.logarithms == "10" else 1.0
        return replace(reading, limit=reading.limit + float(np.log(factor)) / size)
    return replace(reading, limit=reading.limit * factor)


def _converted(parsed: Parsed, unit: str, value: str, what: str, findings: Findings):
    """(texts and columns with units of the closed list, factor of each row)."""
    n = len(parsed.texts[unit])
    stated = parsed.texts[unit]
    if parsed.has(unit) and any(t not in ("", ".") for t in stated):
        read = {text: _noted(text, what, findings) for text in set(stated)}
        units = np.array([read[t].unit if read[t] else t for t in stated], dtype=object)
        return {unit: units}, {}, np.array([float(read[t].factor) if read[t] else 1.0 for t in stated])
    column = parsed.columns.get(value)
    scaled = _noted(column.unit, what, findings) if column is not None and column.unit else None
    if scaled is None:
        return {}, {}, np.ones(n)
    return {}, {value: replace(column, unit=scaled.unit)}, np.full(n, float(scaled.factor))


def _noted(text: str, what: str, findings: Findings) -> Scaled | None:
    """What a text stands for, said where it is more than a spelling."""
    scaled = read_scaled(text)
    if scaled is not None and read_unit(text) is None:
        times = f": {what} times {float(scaled.factor):g}" if scaled.factor != 1 else ""
        findings.note(f"the unit `{printable(text, 40)}` is read as {scaled.unit}{times}")
    return scaled


def _limit_factor(parsed: Parsed, columns, factor: np.ndarray, findings: Findings):
    """Factor of the column of limits: its own where its heading states a unit, which must be one of the values."""
    own = parsed.columns["LIMIT"].unit if parsed.has("LIMIT") else ""
    if not own:
        return factor
    scaled = read_scaled(own)
    heading = columns.get("DV", parsed.columns.get("DV"))
    units = {read_scaled(t) for t in set(parsed.texts["UNIT"]) - {"", "."}} or {read_scaled(heading.unit)}
    units = {s.unit for s in units if s}
    if scaled is None or (units and units != {scaled.unit}):
        problem = f"the limit is in `{printable(own, 30)}` and the values are in {', '.join(sorted(units)) or 'another unit'}"
        findings.add("unit", findings.heading, parsed.name("LIMIT"), own, problem, "state limits in the unit of the values")
        return factor
    return float(scaled.factor)
