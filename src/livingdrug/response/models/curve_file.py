"""A fitted exposure-response as a file, `curve.toml`, by which it is used elsewhere."""

import math
from dataclasses import dataclass
from pathlib import Path

from livingdrug.core.errors import InputError, LivingdrugError, printable
from livingdrug.core.folders import settled
from livingdrug.core.names import unknown
from livingdrug.core.toml import parse_toml, read_text
from livingdrug.response.models.curve import Curve

CURVE_FILE = "curve.toml"  # in the folder of a response
NUMBERS = ("intercept", "slope", "ceiling", "lowest", "highest", "day")
TEXTS = ("name", "group", "scale", "link", "exposure", "unit", "source", "label")
WHOLE = ("subjects",)
LISTS = ("covariance", "doubts", "notes")
SEPARATED = "one exposure separates the outcomes, so only a penalty keeps its slope finite"


@dataclass(frozen=True)
class FittedCurve:
    """A curve that was fitted, as it is kept in a file.

    Attributes
    ----------
    curve : Curve
        With its covariance.
    group : str
        Of subjects, "" where all are one.
    lowest, highest : float
        Lowest and highest exposure that the curve was fitted to.
    subjects : int
        Number of subjects that it was fitted to.
    data_sha256 : str
        Of the table.
    doubts : tuple of str
        Why the fit is not sound, a sentence each.
    day : float or None
        Of a probability by a day after the infusion, None where nobody stated one.
    notes : tuple of str
        What to know of a fit that is sound, such as few subjects or events; whoever takes the curve repeats
        them.
    """

    curve: Curve
    group: str
    lowest: float
    highest: float
    subjects: int
    data_sha256: str = ""
    doubts: tuple[str, ...] = ()
    day: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How it is chosen in a file of several."""
        return f"{self.curve.name} {self.group}".strip()


def curves_to_toml(made: tuple[FittedCurve, ...]) -> str:
    """Curves as a TOML document.

    Parameters
    ----------
    made : tuple of FittedCurve
        Of a response.

    Returns
    -------
    str
    """
    import tomli_w

    return tomli_w.dumps({"curves": [_plain(one) for one in made]})


def _plain(one: FittedCurve) -> dict:
    curve = one.curve
    plain = {
        name: getattr(curve, name)
        for name in ("name", "exposure", "unit", "scale", "link", "label", "source")
    }
    plain |= {
        "group": one.group,
        "intercept": float(curve.intercept),
        "slope": float(curve.slope),
        "ceiling": float(curve.ceiling),
        "lowest": one.lowest,
        "highest": one.highest,
        "subjects": one.subjects,
        "data_sha256": one.data_sha256,
        "doubts": list(one.doubts),
        "notes": list(one.notes),
        "day": one.day,
    }
    if curve.covariance is not None:
        plain["covariance"] = [[float(v) for v in row] for row in curve.covariance]
    return {key: value for key, value in plain.items() if value not in ("", [], None)}


def is_curve_file(name: str) -> bool:
    """Whether a curve is given as a file or a folder rather than by the name of a built-in one: `run`,
    `run/curve.toml`, either with `:NAME` behind it.

    Parameters
    ----------
    name : str
        As a user gives it.

    Returns
    -------
    bool
    """
    return _file(_parted(name)[0]) is not None


def _parted(name: str) -> tuple[str, str]:
    """(file or folder, name of the curve in it)."""
    file, _, curve = name.partition(":") if _file(name) is None else (name, "", "")
    return file, curve.strip()


def _file(name: str) -> Path | None:
    path = Path(name)
    if path.suffix.lower() == ".toml":
        return path
    if name and path.is_dir() and (settled(path) / CURVE_FILE).is_file():
        return settled(path) / CURVE_FILE
    return None


def read_curves(name: str, even_so: bool = False) -> tuple[FittedCurve, ...]:
    """The curves in a file, or in the folder of a response; `FILE:NAME` for one of several.

    Parameters
    ----------
    name : str
        Of a file, or of the folder of a response.
    even_so : bool, optional
        Take a fit that is not sound too.

    Returns
    -------
    tuple of FittedCurve

    Raises
    ------
    InputError
        For a file that holds none, a name that it lacks, and a fit that is not sound unless `even_so`.
    """
    given, wanted = _parted(name)
    file = _file(given)
    if file is None and given and Path(given).is_dir():
        raise InputError(_without(given))
    if file is None:
        raise InputError(
            f"`{printable(name)}` is neither a file that ends in .toml nor a folder with a {CURVE_FILE}"
        )
    data = parse_toml(
        read_text(file), file.name, f"`livingdrug response --out` writes the file of a curve, {CURVE_FILE}"
    )
    tables = data.get("curves")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise InputError(
            f"`{printable(given)}` holds no list `curves`; it is what `livingdrug response --out` writes"
        )
    found = tuple(_read(table, f"{file.name}, curves[{i}]") for i, table in enumerate(tables, 1))
    if wanted:
        names = {one.name.replace(" ", ""): one for one in found}
        if wanted.replace(" ", "") not in names:
            raise InputError(
                f"`{printable(given)}`: " + unknown("curve", wanted, [one.name for one in found])
            )
        found = (names[wanted.replace(" ", "")],)
    doubts = [doubt for one in found for doubt in one.doubts]
    if doubts and not even_so:
        raise InputError(
            f"`{printable(given)}` is a fit that is not sound: {doubts[0]}. Fit again, or take it all the "
            "same with --even-so (in a document: even_so = true); every output will say so"
        )
    return found


def _without(folder: str) -> str:
    """Why a folder holds no curve, by the scenario that it is the run of."""
    scenario = settled(folder) / "scenario.toml"
    kind = parse_toml(read_text(scenario), scenario.name).get("kind", "") if scenario.is_file() else ""
    what = f"the folder of a `{printable(str(kind))}`, which" if kind else "a folder that"
    if kind == "response":
        what = "the folder of a `response` whose outcome is a time or a number, of which no probability was asked, and"
    return (
        f"`{printable(folder)}` is {what} holds no curve of a probability ({CURVE_FILE}); `livingdrug "
        "response --out` writes one for an outcome of yes or no, for grades, and for a time to an event "
        "with --by-day"
    )


def read_curve(name: str, even_so: bool = False) -> FittedCurve:
    """The one curve of a file.

    Parameters
    ----------
    name : str
        Of a file, or of the folder of a response.
    even_so : bool, optional
        Take a fit that is not sound too.

    Returns
    -------
    FittedCurve

    Raises
    ------
    InputError
        As `read_curves`, and where there are several.
    """
    one, *more = read_curves(name, even_so)
    if more:
        names = ", ".join(f"`{other.name}`" for other in (one, *more))
        which = f"say which one, such as '{name}:{more[-1].name}'"
        raise InputError(f"`{printable(name)}` holds several curves ({names}); {which}")
    return one


def _read(table: dict, where: str) -> FittedCurve:
    known = {*NUMBERS, *TEXTS, *WHOLE, *LISTS, "data_sha256"}
    for key in table:
        if key not in known:
            raise InputError(f"{where}: " + unknown("key", key, known))
    for key in ("name", "scale", "intercept", "slope", "lowest", "highest"):
        if key not in table:
            raise InputError(f"{where}: the key `{key}` is missing")
    number = {key: table[key] for key in NUMBERS if key in table}
    for key, value in number.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{where}: `{key}` is {value!r:.40}; it must be a finite number")
    text = {key: table.get(key, "") for key in (*TEXTS, "data_sha256")}
    for key, value in text.items():
        if not isinstance(value, str):
            raise InputError(f"{where}: `{key}` is {value!r:.40}; it must be text in quotes")
    subjects = table.get("subjects", 0)
    if isinstance(subjects, bool) or not isinstance(subjects, int):
        raise InputError(f"{where}: `subjects` is {subjects!r:.40}; it must be a whole number")
    doubts, notes = (_texts(table, key, where) for key in ("doubts", "notes"))
    try:
        curve = Curve(
            text["name"], number["intercept"], number["slope"], table.get("covariance"), text["scale"],
            text["source"], text["label"], number.get("ceiling", 1.0), text["exposure"], text["unit"],
            text["link"] or "logit",
        )  # fmt: skip
    except (LivingdrugError, TypeError, ValueError) as error:
        raise InputError(f"{where}: {error}") from None
    return FittedCurve(curve, text["group"], number["lowest"], number["highest"], subjects,
                       text["data_sha256"], doubts, number.get("day"), notes)  # fmt: skip


def _texts(table: dict, key: str, where: str) -> tuple[str, ...]:
    """The sentences under a key. Raises InputError for anything else than a list of texts."""
    given = table.get(key, [])
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise InputError(f"{where}: `{key}` is {given!r:.40}; it must be a list of texts in quotes")
    return tuple(given)
