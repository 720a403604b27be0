"""How does one read a JSON file that is larger than the memory? Element by element of its list, by a parser in C."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

_HEAD = 65_536
_NEXT = "nextLink"
"""Where Azure says that the list goes on."""


def items(stream: BinaryIO, *, is_complete: bool = True) -> Iterator[object]:
    """The elements of a JSON array, or of the array under `value` of a JSON object; the stream can be wound back.

    Raises ValueError, with the way out, where it is neither, or one page of what has to be there as a whole
    (`is_complete`).
    """
    parser = _parser()
    path = _path(stream)
    found = 0
    try:
        for item in parser.items(stream, f"{path}.item" if path else "item", use_float=True):
            found += 1
            yield item
        if not found and path and not _has_list(parser, stream, path):
            raise ValueError(f"it has no list under {path!r}: give the file as the command of its provider wrote it")
        if is_complete and path and _goes_on(parser, stream):
            raise ValueError(f"it is one page of a longer list ({_NEXT}): fetch all of it, as az does by itself")
    except parser.JSONError as error:
        raise ValueError(f"it is no JSON, or not all of it ({_reason(error)}): fetch it again") from None


def _reason(error: Exception) -> str:
    """What the parser says, without the part of the file that it quotes: that may be anything."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    first = (text.splitlines() or [""])[0].strip(" .")[:120]
    return "".join(char if char.isprintable() else "?" for char in first)


def _parser() -> Any:
    try:
        import ijson
    except ImportError:
        raise ValueError("reading exports needs one more package: pip install 'modeltrail[exports]'") from None
    return ijson


def _path(stream: BinaryIO) -> str:
    """Where the list is: nowhere below, or under `value`."""
    head = stream.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    stream.seek(3 if _has_mark(stream) else 0)
    if head.startswith(b"["):
        return ""
    if head.startswith(b"{"):
        return "value"
    raise ValueError("it is empty, or no JSON list: give the file as the command of its provider wrote it")


def _has_mark(stream: BinaryIO) -> bool:
    """Whether it begins with a byte order mark, as some shells write."""
    stream.seek(0)
    return stream.read(3) == b"\xef\xbb\xbf"


def _has_list(parser: Any, stream: BinaryIO, path: str) -> bool:
    stream.seek(3 if _has_mark(stream) else 0)
    return any(found == (path, "start_array") for found in ((where, event) for where, event, _ in parser.parse(stream)))


def _goes_on(parser: Any, stream: BinaryIO) -> bool:
    stream.seek(3 if _has_mark(stream) else 0)
    return any(parser.items(stream, _NEXT))
