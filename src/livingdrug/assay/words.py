"""Words of the bench: wells, effector-to-target ratios, roles of wells, durations, and what a channel
measures."""

import re
from dataclasses import dataclass

from livingdrug.assay.plate import QUANTITIES

# wells of a plate -> rows and columns
PLATES = {6: (2, 3), 12: (3, 4), 24: (4, 6), 48: (6, 8), 96: (8, 12), 384: (16, 24), 1536: (32, 48)}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROW_NAMES = (*LETTERS, *(f"A{letter}" for letter in LETTERS[:6]))
_WELL = re.compile(r"([A-Za-z]|[Aa][A-Fa-f])[\s_-]?0*([1-9]\d?)")
_INSIDE = re.compile(r"(?<![A-Za-z0-9])([A-P])(0?[1-9]|1\d|2[0-4])(?![A-Za-z0-9])")
_RATIO = re.compile(
    r"(?:E\s*[:/]?\s*T\s*[:=]?\s*)?(\d+\.?\d*|\.\d+)\s*(?::|to|/)\s*(\d+\.?\d*|\.\d+)", re.IGNORECASE
)
_CLOCK = re.compile(r"T?(\d+):([0-5]?\d):([0-5]?\d)(?:[.,](\d+))?")
_PART = re.compile(
    r"(-?\d+(?:[.,]\d+)?)\s*(days?|d|hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|s)\b", re.IGNORECASE
)
_SCALE = re.compile(
    r"\b10\s*(\^|\*\*|e)\s*-?\d|\b\d+e\+?\d|[x\u00d7*]\s*1,?0+\b|\b1,?000\b|thousand|million"
    r"|\bk(cells\b|\b)|\blog(10|e|2|arithm\w*)?\b|\bln\b",
    re.IGNORECASE,
)
HOURS = {"d": 24.0, "h": 1.0, "m": 1 / 60, "s": 1 / 3600}
ROLE_WORDS = {
    "sample": "sample samples coculture cocultures test experimental treated unknown killing "
    "effectorandtarget",
    "target_alone": "targetalone targetsalone targetonly targetsonly tumouralone tumoralone tumouronly "
    "tumoronly "
    "targetcontrol untreated targetcellsalone tumourcellsalone tumorcellsalone",
    "effector_alone": "effectoralone effectorsalone effectoronly effectorsonly tcellsalone tcellsonly "
    "cartalone "
    "cartonly effectorcellsalone effectorspontaneous",
    "empty": "empty blank medium media mediumalone mediaonly mediumonly background none unused buffer",
    "full_lysis": "fulllysis maximum max maximumlysis maximumrelease targetmaximum triton lysis totallysis "
    "positivecontrol detergent",
    "spontaneous": "spontaneous spontaneousrelease targetspontaneous minimum minimumrelease",
}
_ROLES = {word: role for role, words in ROLE_WORDS.items() for word in words.split()}
# first match wins; what is not said by any of them is asked for
CHANNELS = (
    (r"normali[sz]ed\s*(cell\s*)?index|\bnci\b", "cell_index", "normalised CI"),
    (r"cell\s*index|\bci\b|^y$", "cell_index", "CI"),
    (r"confluen", "confluence", "%"),
    (r"lysis|cytotox|killing", "lysis", "%"),
    (r"luminescen|luciferase|\brlu\b|\bblu\b|\blum\b", "luminescence", "RLU"),
    (r"absorbance|optical\s*density|\bod\b", "absorbance", "OD"),
    (r"\bcpm\b|chromium|51\s*cr", "release", "cpm"),
    (r"bead", "beads", ""),
    (r"effector|car[\s-]*t\b|car\s*\+|carpos|\bt[\s-]*cells?\b|tcell|\bcd[348]\b", "effectors", ""),
    (r"target|tumou?r|cancer|leuk|lymphoma|red\s*object\s*count", "targets", ""),
    (r"^live\b|\blive\s*(cells|count)", "live", ""),
)
_GUESSED = {"red object": "targets carry the red label"}
_UNITS = (
    (r"per\s*image|/\s*image", "objects/image"),
    (r"per\s*well|/\s*well\b|cells_?per_?well", "per well"),
    (r"mm2|mm\u00b2", "objects/mm2"),
    (r"/\s*[u\u00b5\u03bc]l\b|per\s*[u\u00b5\u03bc]l|_per_ul", "cells/uL"),
    (r"event", "events"),
    (r"percent|%", "%"),
)


@dataclass(frozen=True)
class Channel:
    """What a heading or a metric measures. why: the words that say it, or that it is a guess."""

    quantity: str
    unit: str
    why: str


def well_name(text: str) -> str:
    """`A1` for a01, A 1 or A-01; "" for a text that has not the shape of a well's name, on whatever plate.

    Parameters
    ----------
    text : str
        As a file has it.

    Returns
    -------
    str
    """
    match = _WELL.fullmatch(text.strip())
    return f"{match[1].upper()}{int(match[2])}" if match else ""


def split_well(name: str) -> tuple[int, int]:
    """(row, column) of a well's name, from 0. `well_name` made the name.

    Parameters
    ----------
    name : str
        As `well_name` makes it.

    Returns
    -------
    tuple[int, int]
    """
    letters = name.rstrip("0123456789")
    return ROW_NAMES.index(letters) if letters in ROW_NAMES else 99, int(name[len(letters) :]) - 1


def is_on(name: str, size: int) -> bool:
    """Whether a plate of `size` wells has this well."""
    row, column = split_well(name)
    rows, columns = PLATES[size]
    return row < rows and column < columns


def describe(size: int) -> str:
    """`a 96-well plate (rows A-H, columns 1-12)`."""
    rows, columns = PLATES[size]
    return f"a {size}-well plate (rows A-{ROW_NAMES[rows - 1]}, columns 1-{columns})"


def well_inside(text: str) -> list[str]:
    """The different wells that a sample's name holds, such as `Specimen_001_A1_A01_002.fcs`: one where it
    is clear."""
    parts = re.sub(r"_", " ", text)
    return list(dict.fromkeys(f"{m[1]}{int(m[2])}" for m in _INSIDE.finditer(parts)))


def well_group(text: str) -> tuple[str, ...]:
    """The wells of `A1` or `A1,A2`; empty where a part is none."""
    names = tuple(well_name(part) for part in text.split(","))
    return names if all(names) else ()


def read_ratio(text: str) -> float | None:
    """Effectors per target of `4:1`, `1:4`, `E:T 1:1`, `0.25`; inf for `1:0`, None for other texts.

    A spreadsheet that turned 1:4 into the time 01:04:00 is read back as the ratio.
    """
    plain = text.strip()
    clock = re.fullmatch(r"(\d\d):(\d\d):00", plain)
    if clock:
        plain = f"{int(clock[1])}:{int(clock[2])}"
    match = _RATIO.fullmatch(plain)
    if match:
        above, below = float(match[1]), float(match[2])
        return above / below if below else (float("inf") if above else None)
    return float(plain) if re.fullmatch(r"\d+\.?\d*|\.\d+", plain) else None


def ratio_inside(text: str) -> str:
    """The ratio that stands within a longer text, such as `CAR-A E:T 1:1 tumour`, "" without one."""
    match = re.search(r"(?:E\s*:\s*T\s*)?\b(\d+\.?\d*\s*:\s*\d+\.?\d*)\b", text, re.IGNORECASE)
    return match[0] if match else ""


def read_role(text: str) -> str:
    """The role that a word of a map stands for, "" where it is none."""
    word = re.sub(r"[^a-z]", "", text.lower().replace("cells", "").replace("cell", ""))
    return _ROLES.get(word) or _ROLES.get(re.sub(r"[^a-z]", "", text.lower()), "")


def read_clock(text: str) -> float | None:
    """Hours of `T24:47:53,0` or `0:15:17` (hours may pass 24); None for other texts."""
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        return None
    seconds = float(f"0.{match[4]}") if match[4] else 0.0
    return int(match[1]) + int(match[2]) / 60 + (int(match[3]) + seconds) / 3600


def read_duration(text: str) -> float | None:
    """Hours that a text states in words, such as `4 h 30 min`, `48h`, `day 2`; None where it states none."""
    parts = _PART.findall(text)
    if parts:
        return sum(float(number.replace(",", ".")) * HOURS[unit[0].lower()] for number, unit in parts)
    match = re.search(r"\b(day|hour)\s*(\d+(?:\.\d+)?)\b", text, re.IGNORECASE)
    return float(match[2]) * HOURS[match[1][0].lower()] if match else None


def read_channel(text: str) -> Channel | None:
    """What a heading, a metric or a cell of a channel's column measures; None where its words do not say
    it."""
    plain = text.replace("_", " ")
    for pattern, quantity, unit in CHANNELS:
        found = re.search(pattern, plain, re.IGNORECASE)
        if found:
            said = read_unit_words(text, quantity) or unit or QUANTITIES[quantity][0]
            guess = next((why for word, why in _GUESSED.items() if word in found[0].lower()), "")
            why = f"a guess: {guess}" if guess else f"`{found[0].strip()}`"
            return Channel(quantity, said, why)
    return None


def scale_in(text: str) -> str:
    """The power of ten, the prefix or the logarithm that a heading or a unit states, "" where it states
    none."""
    match = _SCALE.search(text)
    return match[0].strip() if match else ""


def read_unit_words(text: str, quantity: str) -> str:
    """The unit that the words beside a value name, "" where they name none that fits the quantity."""
    for pattern, unit in _UNITS:
        if re.search(pattern, text, re.IGNORECASE):
            if unit == "per well":
                unit = "objects/well" if re.search(r"object", text, re.IGNORECASE) else "cells/well"
            if unit in QUANTITIES[quantity]:
                return unit
    return ""
