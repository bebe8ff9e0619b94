"""Tables of embeddings: a row a sample, a column a dimension (or, in Parquet, a list of all of them)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DELIMITERS = ",;\t"


class CsvTable:
    """Text with a row a line; its first line holds the names, unless all of it are numbers."""

    def __init__(self, path: Path) -> None:
        """Look at the first lines.

        Raises:
            ValueError: there are none.
        """
        self._path = path
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = [file.readline(), file.readline()]
        if not head[0].strip():
            raise ValueError("it is empty")
        self._delimiter = max(_DELIMITERS, key=head[0].count)
        first, second = (next(csv.reader([line], delimiter=self._delimiter), []) for line in head)
        self._has_names = not all(map(_is_number, first))
        self._names = (
            [name.strip() for name in first] if self._has_names else list(map(str, range(len(first))))
        )
        values = second if self._has_names else first
        if not values:
            raise ValueError("it has no rows")
        self._numeric = [name for name, value in zip(self._names, values, strict=False) if _is_number(value)]

    def names(self) -> list[str]:
        """Of the columns; where the file has none, 0, 1, 2, ..."""
        return self._names

    def size(self) -> int:
        """Bytes: text takes about as much as its numbers."""
        return self._path.stat().st_size

    def column(self, name: str) -> NDArray[Any]:
        """(N,) whole numbers if all are, else numbers, else text."""
        texts = self._read([name], str)[:, 0]
        for kind in (np.int64, np.float64):
            try:
                return texts.astype(kind)
            except ValueError:
                continue
        return np.char.strip(texts)

    def matrix(self, wanted: Sequence[str], without: Sequence[str]) -> NDArray[Any]:
        """(N, d) float64: of the columns wanted, else of all numbers but some and but an unnamed index."""
        chosen = list(wanted) or [name for name in self._numeric if name and name not in without]
        if not chosen:
            raise ValueError("it has no column of numbers beside the labels")
        return self._read(chosen, np.float64)

    def _read(self, names: Sequence[str], kind: Any) -> NDArray[Any]:
        columns = [self._names.index(name) for name in names]
        array: NDArray[Any] = np.loadtxt(
            self._path,
            dtype=kind,
            comments=None,
            delimiter=self._delimiter,
            skiprows=int(self._has_names),
            usecols=columns,
            ndmin=2,
            encoding="utf-8-sig",
            quotechar='"',
        )
        return array


class ParquetTable:
    """A Parquet file, read by pyarrow."""

    def __init__(self, path: Path) -> None:
        """Look at its schema.

        Raises:
            ValueError: pyarrow is not installed, or the file is broken.
        """
        try:
            from pyarrow import ArrowException, parquet, types
        except ImportError as error:
            raise ValueError("that takes pyarrow: pip install pyarrow, or save it as .npz") from error
        try:
            self._file = parquet.ParquetFile(path)
        except ArrowException as error:
            raise ValueError(f"it is no Parquet file, or broken ({error})") from error
        fields = list(self._file.schema_arrow)
        self._names = [field.name for field in fields]
        lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
        self._lists = [field.name for field in fields if any(is_list(field.type) for is_list in lists)]
        numbers = (types.is_integer, types.is_floating)
        self._numbers = [
            field.name
            for field in fields
            if any(is_one(field.type) for is_one in numbers) and not field.name.startswith("__index_level")
        ]

    def names(self) -> list[str]:
        """Of the columns."""
        return self._names

    def size(self) -> int:
        """Bytes of the decoded columns."""
        metadata = self._file.metadata
        groups = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        return int(max(groups, 8 * metadata.num_rows * metadata.num_columns))

    def column(self, name: str) -> NDArray[Any]:
        """(N,) values of a column."""
        values = self._file.read(columns=[name]).column(name)
        if values.null_count:
            row = next(i for i, value in enumerate(values) if not value.is_valid)
            raise ValueError(f"column {name!r} has nothing in row {row} (rows count from 0)")
        return np.asarray(values.to_pylist())

    def matrix(self, wanted: Sequence[str], without: Sequence[str]) -> NDArray[Any]:
        """(N, d): a column of lists, else all columns of numbers but some."""
        chosen = list(wanted) or [name for name in self._lists if name not in without]
        if len(chosen) == 1 and chosen[0] in self._lists:
            return self._lists_of(chosen[0])
        if not wanted and len(chosen) > 1:
            raise ValueError(f"say which column of lists holds the embeddings by --embeddings: {chosen}")
        chosen = chosen or [name for name in self._numbers if name not in without]
        if not chosen:
            raise ValueError("it has no column of numbers or lists beside the labels")
        table = self._file.read(columns=chosen)
        return np.column_stack([table.column(name).to_numpy() for name in chosen])

    def _lists_of(self, name: str) -> NDArray[Any]:
        values = self._file.read(columns=[name]).column(name)
        rows = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in values.chunks]
        numbers: NDArray[Any] = np.concatenate(rows) if rows else np.empty(0)
        lengths = {len(value) if value.is_valid else 0 for value in values}
        if len(lengths) != 1 or values.null_count:
            raise ValueError(
                f"the lists in column {name!r} must have the same length, got {sorted(lengths)[:5]}"
            )
        return numbers.reshape(len(values), -1)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
