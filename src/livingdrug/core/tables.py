"""Tables out in the format that the name of their file asks for."""

from pathlib import Path

from livingdrug.core.export import CsvFile, TableFile

PARQUET = ".parquet"


def table_file(path: str | Path) -> TableFile:
    """A file for a table: Parquet where its name ends in .parquet, CSV otherwise. Raises InputError as `TableFile`
    does, and for Parquet without the package that writes it."""
    if Path(path).suffix.lower() != PARQUET:
        return CsvFile(path)
    from livingdrug.core.parquet import ParquetFile

    return ParquetFile(path)


def write_table(frame, path: str | Path) -> int:
    """Write a table at once; gives the number of rows. Raises InputError as `table_file` does."""
    with table_file(path) as file:
        file.add(frame)
    return file.rows
