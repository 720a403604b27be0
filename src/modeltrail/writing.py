"""How is a file written so that nobody ever reads half of it? Beside its place first, then put there at once."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile


def written_whole(file: Path, content: bytes) -> None:
    """Write a file, or leave the one that is there as it is. Raises OSError that names the file."""
    try:
        with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as beside:
            try:
                beside.write(content)
                beside.flush()
                Path(beside.name).replace(file)
            except BaseException:
                Path(beside.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
