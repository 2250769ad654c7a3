"""All checks of a plate that was read: what is unusual is said and drawn, and nothing is changed."""

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.edge import check_edge
from livingdrug.assay.marks import Checked
from livingdrug.assay.outliers import check_outliers
from livingdrug.assay.plate import Plate
from livingdrug.assay.sanity import check_sanity
from livingdrug.assay.seeding import check_seeding


def quality(plate: Plate, reading: AssayReading | None = None) -> Checked:
    """Warnings about a plate and maps of its wells.

    Parameters
    ----------
    plate : Plate
        As `read_assay` makes it.
    reading : AssayReading or None
        What the user said (the size of the plate, when the effectors were added).

    Returns
    -------
    findings : missing controls, times in another unit, edge effects, seeding errors, outliers, saturation
    maps : a number for each well behind each of these checks
    """
    reading = reading or AssayReading()
    parts = (
        check_sanity(plate, reading),
        check_edge(plate, reading.size),
        check_seeding(plate),
        check_outliers(plate),
    )
    findings = tuple(finding for part in parts for finding in part.findings)
    return Checked(findings, tuple(found for part in parts for found in part.maps))
