"""Doses that come from a file or a regimen, as texts of a scenario."""

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models import build_model, get_regimen
from livingdrug.simulation import preconditioned_doses, read_dose, write_dose

BSA = 1.85  # m2, the adult of the reference outcomes of fludarabine


def doses_after(
    text: str, doses: tuple[str, ...], fragments: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    """(drugs of a regimen of preconditioning and the given doses after them, a note); text: NAME or NAME:M2."""
    name, colon, surface = text.partition(":")
    regimen = get_regimen(name)
    try:
        bsa = float(surface) if colon else BSA
    except ValueError:
        bsa = 0.0
    if not 0 < bsa <= 4:
        raise InputError(f"--regimen `{text}`: the body surface must be a number of m2 above 0 and at most 4")
    if "preconditioning" not in fragments:
        raise InputError("--regimen gives its drugs to the fragment preconditioning; add --with preconditioning")
    if not doses:
        raise InputError("--regimen comes before an infusion, and none is given; add its dose, such as --dose 1e8")
    made = preconditioned_doses(regimen, [read_dose(dose) for dose in doses], bsa)
    note = (
        f"{regimen.name}: {regimen.title} ({regimen.source}), body surface {bsa:g} m2; time 0 is its first day, and "
        f"the doses that were given follow {regimen.infusion_day:g} d later"
    )
    return tuple(write_dose(dose) for dose in made), note


def doses_of_file(
    text: str, model: str, fragments: tuple[str, ...], even_so: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(doses as texts, notes) of one subject of a file, as a fit of the model reads its rows; text:
    `FILE=SUBJECT`."""
    from livingdrug.data import Reading, read_data
    from livingdrug.fit import regimens_of

    file, equals, subject = text.rpartition("=")
    if not equals:
        raise InputError(f"--doses-from `{text}` names no subject; write FILE=SUBJECT")
    data = read_data(file, Reading(untreated=True, duplicates="keep"))
    regimens, notes = regimens_of(build_model(model, fragments, even_so=even_so), data)
    if subject not in regimens:
        raise InputError("--doses-from: " + unknown("subject", subject, list(regimens)))
    return tuple(write_dose(record) for record in regimens[subject].records), tuple(notes)
