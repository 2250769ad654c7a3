"""Exposure-responses that commands take: a built-in one by name, or that of a file or folder."""

from dataclasses import dataclass
from pathlib import Path

from livingdrug.products import BuiltIn, get_curve, list_curves
from livingdrug.response import Curve, FittedCurve, is_curve_file, read_curve


@dataclass(frozen=True)
class TakenCurve:
    """An exposure-response that is used.

    Attributes
    ----------
    curve : Curve
    about : tuple of str
        Where it is from and what to know of it, a sentence each.
    lowest, highest : float or None
        Exposures that it was fitted to, of one from a file.
    entry : BuiltIn or None
        Of a built-in one.
    data_sha256 : str
        Of the table that one from a file was fitted to, "" where it is not known.
    """

    curve: Curve
    about: tuple[str, ...]
    lowest: float | None = None
    highest: float | None = None
    entry: BuiltIn | None = None
    data_sha256: str = ""


def take_curve(name: str, even_so: bool = False) -> TakenCurve:
    """A curve by its name, its file or its folder.

    Parameters
    ----------
    name : str
        Of a built-in curve; or a file, or the folder of a `response`, either with `:NAME` where it holds
        several.
    even_so : bool
        Take a fit that is not sound too.

    Returns
    -------
    TakenCurve

    Raises
    ------
    InputError
        For a name that is not known, a folder without a curve, a file that holds several, and a fit that is
        not sound.
    """
    if is_curve_file(name) or (name not in list_curves() and Path(name).is_dir()):
        return _of_file(read_curve(name, even_so), name)
    entry = get_curve(name)
    about = f"{entry.curve.name}: {entry.key} in {entry.setting}; {entry.basis}; {entry.caution}"
    return TakenCurve(entry.curve, (about,), entry=entry)


def doubted(one: FittedCurve) -> tuple[str, ...]:
    """What is to be said of a fit wherever it is taken: why it is not sound, and what its own report noted."""
    unsound = (f"{one.name} is a fit that is not sound, used all the same: {doubt}" for doubt in one.doubts)
    return (*unsound, *(f"{one.name}: {note}" for note in one.notes))


def independence(first: str, second: str, same_data: bool) -> str:
    """That two curves that were fitted apart are taken as independent, without a full stop.

    Parameters
    ----------
    first, second : str
        Their names.
    same_data : bool
        Whether they are known to be of one table.

    Returns
    -------
    str
    """
    if same_data:
        return (
            f"caution: {first} and {second} were fitted to the same table and are taken as independent; outcomes of the "
            "same subjects are not, so intervals and probabilities that rest on both curves are not right"
        )
    return f"{first} and {second} are taken as independent; outcomes of the same subjects are not"


def _of_file(one: FittedCurve, name: str) -> TakenCurve:
    exposure = f"{one.curve.exposure or 'exposures'} of {one.lowest:.3g} to {one.highest:.3g} {one.curve.unit}".rstrip()
    fitted = f"{one.name}: fitted to {one.subjects:,} subjects with {exposure}, from `{name}`"
    return TakenCurve(one.curve, (*doubted(one), fitted), one.lowest, one.highest, data_sha256=one.data_sha256)
