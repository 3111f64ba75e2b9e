"""Examples out of a CSV file: columns of numbers, columns of words as one-hot numbers, and a target."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.data.source import Source

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class _Table:
    """The cells of a file by column, with the line that each row begins on."""

    path: Path
    columns: Mapping[str, list[str]]
    lines: list[int]

    def refuse(self, row: int, column: str, what: str) -> NoReturn:
        raise WebNNError("invalid_dataset", f"{self.path}, line {self.lines[row]}, column {column}: {what}")


def load_csv(
    path: Path,
    *,
    target: str | Sequence[str],
    columns: Sequence[str] | None = None,
    categorical: Sequence[str] = (),
    kind: str | None = None,
    separator: str = ",",
    label_names: Sequence[str] | None = None,
    categories: Mapping[str, tuple[str, ...]] | None = None,
) -> Source:
    """Read a CSV file whose first line names its columns. Inputs are float32 [rows, features].

    `columns` are the inputs, by default all but the target; those of `categorical` are words, and become a number 0 or
    1 for each word there is, in alphabetical order. `target` is a column, or several for values. `kind` is `class` or
    `value`; by default words are classes and numbers values. `categories` and `label_names` of a source that was read
    before make another file be read alike. Raises `WebNNError("invalid_dataset")` with the line and the column: a cell
    that is empty or no number, a word that is not known.
    """
    table = _read(path, separator)
    wanted = [target] if isinstance(target, str) else list(target)
    for name in (*wanted, *(columns or ()), *categorical):
        if name not in table.columns:
            raise WebNNError("invalid_dataset", f'{path} has no column "{name}".{did_you_mean(name, table.columns)}')
    names = [name for name in table.columns if name not in wanted] if columns is None else list(columns)
    if not names:
        raise WebNNError("invalid_dataset", f"{path} has no columns besides the target.")
    known = dict(categories or {})
    for name in categorical:
        known.setdefault(name, tuple(sorted(set(_cells(table, name)))))
    features = [_one_hot(table, name, known[name]) if name in categorical else _numbers(table, name) for name in names]
    if len(wanted) == 1 and _is_class(table, wanted[0], kind):
        words = tuple(label_names) if label_names is not None else _sorted(set(_cells(table, wanted[0])))
        targets = _codes(table, wanted[0], words)
        found: tuple[str, ...] | None = words
    else:
        values = np.concatenate([_numbers(table, name) for name in wanted], axis=1)
        targets, found = (values[:, 0], None) if len(wanted) == 1 else (values, tuple(wanted))
    inputs = np.concatenate(features, axis=1)
    return Source(inputs=inputs, targets=targets, origin=path.name, label_names=found, categories=known)


def _read(path: Path, separator: str) -> _Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _parse(path, csv.reader(file, delimiter=separator, strict=True))
    except (OSError, UnicodeDecodeError) as error:
        raise WebNNError("invalid_dataset", f"{path} cannot be read as UTF-8 text: {error}.") from error


def _parse(path: Path, reader: Any) -> _Table:
    rows = _rows(path, reader)
    _, header = next(rows, (1, []))
    if not header or len(set(header)) < len(header) or not all(header):
        raise WebNNError("invalid_dataset", f"{path}, line 1: the first line must name each column, each name once.")
    cells: list[list[str]] = [[] for _ in header]
    lines = []
    for line, row in rows:
        if len(row) != len(header):
            raise WebNNError(
                "invalid_dataset", f"{path}, line {line}: it has {len(row)} cells, the first line {len(header)}."
            )
        lines.append(line)
        for column, cell in zip(cells, row, strict=True):
            column.append(cell)
    if not lines:
        raise WebNNError("invalid_dataset", f"{path} has no rows below the line of names.")
    return _Table(path, dict(zip(header, cells, strict=True)), lines)


def _rows(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with the line that each ends on."""
    try:
        for row in reader:
            if row:
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise WebNNError("invalid_dataset", f"{path}, line {reader.line_num}: this is no CSV: {error}.") from error


def _cells(table: _Table, column: str) -> list[str]:
    cells = table.columns[column]
    if "" in cells:
        table.refuse(cells.index(""), column, "the cell is empty: fill it in, or leave the row out.")
    return cells


def _numbers(table: _Table, column: str) -> NDArray[np.float32]:
    values = np.empty((len(table.lines), 1), np.float32)
    for row, cell in enumerate(_cells(table, column)):
        number = _number(cell)
        if number is None:
            table.refuse(row, column, f'"{cell}" is not a finite number: mend it, or list the column as categorical.')
        values[row] = number
    return values


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= _LARGEST else None


def _one_hot(table: _Table, column: str, words: Sequence[str]) -> NDArray[np.float32]:
    return np.eye(len(words), dtype=np.float32)[_codes(table, column, words)]


def _codes(table: _Table, column: str, words: Sequence[str]) -> NDArray[np.int64]:
    numbers = {word: number for number, word in enumerate(words)}
    cells = _cells(table, column)
    for row, cell in enumerate(cells):
        if cell not in numbers:
            table.refuse(row, column, f'"{cell}" is not one of the words known.{did_you_mean(cell, words)}')
    return np.array([numbers[cell] for cell in cells])


def _is_class(table: _Table, column: str, kind: str | None) -> bool:
    if kind is not None:
        return kind == "class"
    return all(_number(cell) is None for cell in _cells(table, column))


def _sorted(words: set[str]) -> tuple[str, ...]:
    """Sort as numbers where all are, so that class "10" comes after "9"."""
    numbers = {word: _number(word) for word in words}
    if any(number is None for number in numbers.values()):
        return tuple(sorted(words))
    return tuple(sorted(words, key=lambda word: numbers[word] or 0.0))
