"""The bytes of a file named on the command line, read with a limit; `-` is the standard input.

Called by the commands that read problems. Never looks into what it reads.
"""

import sys
from pathlib import Path

from services.cover_file_error import CoverFileError

STDIN = "-"


def read_file_bytes(name: str, most_bytes: int) -> bytes:
    """Return all of a file.

    Raises
    ------
    CoverFileError
        Where it cannot be read or is longer than `most_bytes`.
    """
    try:
        if name == STDIN:
            data = sys.stdin.buffer.read(most_bytes + 1)
        else:
            path = Path(name)
            # Asked first, because reading would take the memory; read with a limit all the same, because a
            # pipe has no size.
            size = path.stat().st_size
            if size > most_bytes:
                raise CoverFileError("", f"{size:,} bytes", f"at most {most_bytes:,}")
            with path.open("rb") as file:
                data = file.read(most_bytes + 1)
    except CoverFileError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CoverFileError("", f"cannot be read: {reason}", "a file that can be read") from error
    if len(data) > most_bytes:
        raise CoverFileError("", f"more than {most_bytes:,} bytes", f"at most {most_bytes:,}")
    return data
