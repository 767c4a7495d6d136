"""Comma-separated files read strictly: a missing file or column is named, with what to do next.

Called by the readers of open data in this wing. Never guesses a column or an encoding.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path


class SourceError(ValueError):
    """A source file cannot be used; the message names the file, the column or row, and what to do."""


def rows_of(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, row) of a CSV file in UTF-8, with or without a byte order mark.

    Raises
    ------
    SourceError
        Where the file is missing, is not UTF-8, has no row, or lacks one of `columns`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = reader.fieldnames or []
            missing = [name for name in columns if name not in header]
            if missing:
                raise SourceError(
                    f"{path}: column {', '.join(missing)} is missing; it has {', '.join(header) or 'none'}. "
                    "Use the file as published, with its header line"
                )
            empty = True
            for row in reader:
                empty = False
                yield reader.line_num, {name: (row[name] or "").strip() for name in columns}
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file; put it there or name another folder") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: is not UTF-8 ({error}); save it as UTF-8") from error
    except csv.Error as error:
        raise SourceError(f"{path}: is not a well-formed CSV file: {error}") from error
    if empty:
        raise SourceError(f"{path}: has a header but no row")
