"""How is a file written so that nobody ever reads half of it? Beside its place first, then put there at once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def written_whole(file: Path, content: bytes) -> None:
    """Write a file, or leave the one that is there as it is. Raises OSError, which names it.

    Who may read it is what is usual for new files: a calendar is there to be fetched by others.
    """
    beside = file.parent / f".{file.name}.{os.getpid()}"
    try:
        beside.write_bytes(content)
        beside.replace(file)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        with suppress(OSError):
            beside.unlink()
