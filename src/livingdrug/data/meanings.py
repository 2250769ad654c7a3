"""Which column means what: guessed from its heading, shown with the reason, corrected by the user."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data.units import read_unit

COVARIATE, IGNORE = "covariate", "ignore"
SAID = "you said so"
# best first: where two columns could mean the same, the earlier word wins and the other stays a covariate
WORDS: dict[str, tuple[str, str]] = {
    "ID": ("NONMEM, Monolix: ID; ADNCA: USUBJID", "id usubjid subjid subject subjectid patient patientid "
                                                  "ptid pt upn animal "
           "animalid mouse mouseid participant donor"),
    "TIME": ("NONMEM, Monolix: TIME; ADNCA: ARRLT, AFRLT", "arrlt afrlt time tafd timepostinfusion "
                                                           "timesinceinfusion "
             "timeafterinfusion dayspostinfusion dayssinceinfusion daysafterinfusion daypostinfusion "
             "daysinceinfusion "
             "dayafterinfusion dpi hourspostinfusion hourssinceinfusion hoursafterinfusion t day days dy ady "
             "studyday visitday pcdy hour hours"),
    "NTIME": ("nominal time", "nrrlt nfrlt ntime nominaltime nominalday"),
    "DATE": ("date and time of the sample", "adtm datetime pcdtc sampledate collectiondate date adt"),
    "INFUSED": ("date and time of the infusion", "infusiondate infused trtsdtm trtsdt dateofinfusion "
                                                 "pcrftdtc"),
    "DV": ("NONMEM: DV; Monolix: Y; ADNCA: AVAL", "dv y aval conc concentration value observation obs "
                                                  "result pcstresn "
           "pcstresc pcorres transgene transgenelevel cartcells cart copies vcn level"),
    "DVID": ("NONMEM: DVID; Monolix: YTYPE; ADNCA: PARAM", "dvid ytype paramcd param output analyte marker "
                                                           "measurement test "
             "pctestcd yid obsid observationid pctest"),
    "MATRIX": ("CDISC: PCSPEC; what the sample was taken of", "pcspec matrix specimen spec specimentype "
                                                              "biospecimen tissue"),
    "UNIT": ("ADNCA: AVALU", "unit units avalu dvunit dvu pcstresu pcorresu concu"),
    "TIMEUNIT": ("ADNCA: RRLTU", "timeunit timeu rrltu"),
    "ASSAY": ("the method that measured", "assay method platform assaytype"),
    "EVID": ("NONMEM: EVID (0 sample, 1 dose)", "evid eventid"),
    "AMT": ("NONMEM: AMT; ADNCA: DOSEA", "amt dosea amount dose dosecells celldose infusedcells "
                                         "cellsinfused"),
    "RATE": ("NONMEM, Monolix: RATE", "rate infusionrate"),
    "DUR": ("Monolix: TINF; length of an infusion", "dur tinf infusionduration infusionlength"),
    "CMT": ("NONMEM: CMT; Monolix: ADM", "cmt adm compartment"),
    "ADDL": ("NONMEM, Monolix: ADDL", "addl"),
    "II": ("NONMEM, Monolix: II", "ii"),
    "SS": ("NONMEM, Monolix: SS", "ss"),
    "DOSEUNIT": ("ADNCA: DOSEU", "doseu doseunit amtunit amtu"),
    "CENS": ("Monolix: CENS; ADNCA: BLQFL", "cens blqfn blqfl blq bql bloq belowlimit censored"),
    "LIMIT": ("Monolix: LIMIT; ADNCA: ALLOQ", "limit alloq lloq loq pclloq"),
    "MDV": ("NONMEM: MDV", "mdv"),
    "OCC": ("Monolix: OCC; ADNCA: ATPTREF", "occ occasion atptref infusion infusionnumber"),
    "EXCL": ("records to leave out; ADNCA: NCAXFL, NCAwXRS, EXCLFCOM, PKSUMXF", "excl exclude excluded "
                                                                                "ncaxfl exclfcom "
             "pksumxf"),
    "EXCLRSN": ("why a record is left out", "exclrsn exclreason exclusionreason"),
    "WT": ("body weight in kg", "wt weight bodyweight wtbl weightkg wtkg bwt"),
}  # fmt: skip
# what a dose is, beside its time and amount: read where a file has rows of doses
EVENT = ("RATE", "DUR", "CMT", "ADDL", "II", "SS")
MEANINGS = (*WORDS, COVARIATE, IGNORE)
SEVERAL = ("EXCL",)  # meanings that more than one column may have
JOINED = ("DVID",)  # and those that a user may give to several, whose texts are joined then
_RANK = {word: (meaning, i) for meaning, (_, words) in WORDS.items() for i, word in enumerate(words.split())}
_CDISC_REASON = re.compile(r"nca\d+(xrs|xfl)")
DAY_WORDS = (
    "day",
    "days",
    "dy",
    "ady",
    "studyday",
    "visitday",
    "pcdy",
)  # counted from 0 or from 1: nobody can tell
_TIME_UNITS = {**dict.fromkeys((*DAY_WORDS, "dpi"), "d"), "hour": "h", "hours": "h"}
_SINCE = re.compile(r"(day|hour)s?(post|since|after)infusion")
_LEVEL = re.compile(
    r"(copies|cells)\s*(/|per)\s*([u\u00b5\u03bc]g|[u\u00b5\u03bc]l|ml|mcg|microgram|microlit(er|re))"
    r"(\s+(genomic )?g?dna)?\s*$",
    re.IGNORECASE,
)
SIMULATED = ("subject", "time", "output", "value", "unit")
# `simulate --out` states no unit of time; these outputs only exist in models that count days
SIMULATED_IN_DAYS = ("transgene", "car_t_blood")


@dataclass(frozen=True)
class Column:
    """A column of the file.

    Attributes
    ----------
    name : str
        As the file has it.
    meaning : str
        What it was taken for.
    why : str
        Because of what.
    unit : str
        What its heading or a line of units below it says, "" if nothing.
    """

    name: str
    meaning: str
    why: str
    unit: str = ""

    @property
    def word(self) -> str:
        """The heading without its unit, lower case, letters and digits only."""
        return plain_word(self.name)

    @property
    def unit_known(self) -> bool:
        """Whether what stands in the brackets of the heading is a unit."""
        return read_unit(self.unit) is not None


def split_heading(heading: str) -> tuple[str, str]:
    """(name, unit text) of headings such as `Time (d)` or `conc [copies/ug]`; a heading may also be a unit.

    Parameters
    ----------
    heading : str
        Of the column.

    Returns
    -------
    tuple[str, str]
    """
    match = re.fullmatch(r"\s*(.*?)\s*[(\[]([^()\[\]]*)[)\]]\s*", heading)
    if match and match.group(1):
        return match.group(1), match.group(2)
    return heading.strip(), ""


def plain_word(heading: str) -> str:
    """The heading as the table of words knows it.

    Parameters
    ----------
    heading : str
        Of the column.

    Returns
    -------
    str
    """
    return re.sub(r"[^a-z0-9]", "", split_heading(heading)[0].lower())


def _word_meaning(word: str) -> tuple[str, int]:
    """(meaning, rank) of a plain word, ("", 0) where it is not known."""
    return ("EXCL", 100) if _CDISC_REASON.fullmatch(word) else _RANK.get(word, ("", 0))


def counts_time(heading: str) -> bool:
    """Whether a heading is a word for actual or nominal time."""
    return _word_meaning(plain_word(heading))[0] in ("TIME", "NTIME")


def measures(heading: str) -> bool:
    """Whether a heading is a word for a value, an amount or a flag of one, beside the column that was taken
    as such."""
    word = plain_word(heading)
    known = _word_meaning(word)[0] or _word_meaning(word.removesuffix("c"))[0]
    return (
        known in ("DV", "DATE", "AMT", "LIMIT", "CENS", "MDV", "EVID", "UNIT", "WT")
        or _level_unit(heading) is not None
    )


def text_of_value(heading: str) -> str:
    """The plain word of the column that CDISC puts beside a numeric value, with its text: AVALC beside
    AVAL."""
    return {"aval": "avalc", "pcstresn": "pcstresc"}.get(plain_word(heading), "")


def is_cdisc_exclusion(heading: str) -> bool:
    """Whether a heading is a record of exclusion that CDISC defines (NCAXFL, NCAwXRS, EXCLFCOM, PKSUMXF)."""
    word = plain_word(heading)
    return word in ("ncaxfl", "exclfcom", "pksumxf") or _CDISC_REASON.fullmatch(word) is not None


def names_subject(heading: str) -> bool:
    """Whether a heading stands over the subjects."""
    return _word_meaning(plain_word(heading))[0] == "ID"


def recognised(heading: str) -> bool:
    """Whether a heading is in the table of words, or is itself the unit of a level."""
    return bool(_word_meaning(plain_word(heading))[0]) or _level_unit(heading) is not None


def _level_unit(heading: str) -> str | None:
    plain = re.sub(r"(?<=\w)_(?=[uµμm][gGlL]\b)", "/", heading)
    at_end = _LEVEL.search(plain)
    unit = read_unit(at_end.group().replace("gDNA", "DNA") if at_end else plain)
    return unit if unit in ("copies/ug", "copies/uL", "copies/mL", "cells/uL", "cells/mL") else None


def guess(
    headings: Sequence[str], units: Sequence[str], corrections: Mapping[str, str]
) -> tuple[Column, ...]:
    """One Column for each heading; units: texts of a line of units (may be empty).

    Raises InputError for a correction that names no column or no meaning, or for two columns with one
    meaning.
    """
    said = _check_corrections(headings, corrections)
    best: dict[str, tuple[int, int]] = {}
    has_occasion = any(_word_meaning(plain_word(h))[0] == "OCC" for h in headings)
    for i, heading in enumerate(headings):
        meaning, rank = _word_meaning(plain_word(heading))
        if not meaning and _level_unit(heading):
            meaning, rank = "DV", 1000
        if plain_word(heading) == "arrlt" and not has_occasion:
            rank = 500  # time since the latest dose tells occasions apart only where they are numbered
        if (
            meaning
            and heading not in said
            and meaning not in said.values()
            and (rank, i) < best.get(meaning, (10**6, 0))
        ):
            best[meaning] = (rank, i)
    return tuple(_column(i, heading, units[i], said, best) for i, heading in enumerate(headings))


def _column(
    i: int, heading: str, unit_line: str, said: Mapping[str, str], best: Mapping[str, tuple[int, int]]
) -> Column:
    word = plain_word(heading)
    unit = split_heading(heading)[1] or unit_line.strip().strip("()[]") or _level_unit(heading) or ""
    meaning = _word_meaning(word)[0] or ("DV" if _level_unit(heading) else "")
    if heading in said:
        return Column(heading, said[heading], SAID, unit)
    if meaning and (best.get(meaning, (0, -1))[1] == i or meaning in SEVERAL):
        if meaning == "TIME":
            since = _SINCE.match(word)
            unit = (
                unit
                or _TIME_UNITS.get(word, "")
                or ({"day": "d", "hour": "h"}[since.group(1)] if since else "")
            )
        why = (
            "the heading is the unit of a level"
            if _level_unit(heading) and word not in _RANK
            else WORDS[meaning][0]
        )
        return Column(heading, meaning, why, unit)
    if meaning:
        return Column(heading, COVARIATE, f"another column was taken as {meaning}; kept as a covariate", unit)
    return Column(heading, COVARIATE, "not a word we know; kept as a covariate", unit)


def _check_corrections(headings: Sequence[str], corrections: Mapping[str, str]) -> dict[str, str]:
    meanings = {m.lower(): m for m in MEANINGS}
    said: dict[str, str] = {}
    for name, text in corrections.items():
        if name not in headings:
            raise InputError(unknown("column", name, headings))
        meaning = meanings.get(text.strip().lower())
        if meaning is None:
            raise InputError(f"column `{name}`: " + unknown("meaning", text, MEANINGS))
        if meaning in said.values() and meaning not in (COVARIATE, IGNORE, *SEVERAL, *JOINED):
            raise InputError(f"two columns were said to mean {meaning}; only one can")
        said[name] = meaning
    return said


def is_simulated(headings: Sequence[str]) -> bool:
    """Whether this is a table that `livingdrug simulate --out` wrote."""
    return tuple(headings[:5]) == SIMULATED and tuple(headings[5:]) in (
        ("status",),
        ("limit", "below_limit", "status"),
    )
