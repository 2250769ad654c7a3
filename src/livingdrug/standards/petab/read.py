"""A PEtab problem from its YAML file, by its version."""

from pathlib import Path

from livingdrug.standards.petab import problem, version2
from livingdrug.standards.petab.files import files_of
from livingdrug.standards.petab.problem import PetabProblem


def read_petab(path: str | Path) -> PetabProblem:
    """The problem that a YAML file names.

    Parameters
    ----------
    path : str or Path
        Of PEtab version 1 or 2; its tables and its model lie beside it.

    Returns
    -------
    PetabProblem

    Raises
    ------
    InputError
        For files that cannot be read, that contradict each other, or that ask for what is not supported; by
        line.
    """
    path = Path(path)
    files = files_of(path)
    return (version2 if "experiments" in files else problem).problem_of(path.name, files)
