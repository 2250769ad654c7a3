"""Tables out as Parquet, a file for programs: numbers stay numbers, texts are written as they are."""

from contextlib import suppress
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.export import TableFile


class ParquetFile(TableFile):
    """As Parquet (Snappy); missing numbers are NaN, missing texts null."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        try:
            import pyarrow.parquet as parquet
        except ImportError:
            raise InputError(
                f"`{path}`: Parquet needs the package `pyarrow`, which is not installed; install livingdrug "
                "with its extra: "
                'pip install "livingdrug[parquet]", or end the name in .csv'
            ) from None
        self._parquet, self._writer, self._schema = parquet, None, None

    def _append(self, frame) -> None:
        import pyarrow as pa

        table = (
            pa.Table.from_pandas(frame, self._schema, preserve_index=False) if self._schema else _plain(frame)
        )
        if self._writer is None:
            self._schema = table.schema
            self._writer = self._parquet.ParquetWriter(self.file, self._schema)
        self._writer.write_table(table)

    def _end(self) -> None:
        if self._writer is not None:
            try:
                self._writer.close()
            finally:
                # not closed once more when it is collected, whose file is gone then
                self._writer.is_open = False

    def __exit__(self, kind, *error) -> None:
        if kind is not None:
            with suppress(OSError):  # the file is thrown away
                self._end()
        super().__exit__(kind, *error)


def _plain(frame):
    """A pandas table as one of Arrow, whose texts are texts whatever the pandas of the day keeps them in."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [pa.field(f.name, pa.string()) if _is_text(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def _is_text(kind) -> bool:
    import pyarrow as pa

    return pa.types.is_dictionary(kind) or pa.types.is_null(kind) or pa.types.is_large_string(kind)
