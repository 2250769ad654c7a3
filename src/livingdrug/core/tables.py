"""Tables out in the format that the name of their file asks for."""

from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.export import CsvFile, TableFile

PARQUET, XPORT = ".parquet", ".xpt"


def table_file(path: str | Path) -> TableFile:
    """A file for a table: Parquet where its name ends in .parquet, CSV otherwise. Raises InputError as
    `TableFile` does, and for Parquet without the package that writes it."""
    if Path(path).suffix.lower() != PARQUET:
        return CsvFile(path)
    from livingdrug.core.parquet import ParquetFile

    return ParquetFile(path)


def write_table(frame, path: str | Path) -> int:
    """Write a table at once; gives the number of rows. One whose file ends in .xpt becomes a transport
    file, which only tables with labels can be. Raises InputError as `table_file` and `write_xport` do, and
    for a table without labels."""
    if Path(path).suffix.lower() == XPORT:
        return _transported(frame, path)
    with table_file(path) as file:
        file.add(frame)
    return file.rows


def _transported(frame, path: str | Path) -> int:
    from livingdrug.core.xport import write_xport

    if "labels" not in frame.attrs:
        raise InputError(
            f"`{path}`: only the layouts pp and adpp of `livingdrug nca` are written as transport files; "
            "end the name in .csv, or add --as pp"
        )
    write_xport(frame, path, frame.attrs["name"], frame.attrs["labels"])
    return len(frame)
