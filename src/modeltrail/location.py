"""Where is a log? What a store URL names, and how SQLite is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SCHEME = "sqlite:///"
WAYS = "write sqlite:///relative.db, sqlite:////absolute/path.db or memory:"


@dataclass(frozen=True, slots=True)
class Location:
    """A file on disk, or null for a log in memory that ends with its process."""

    path: Path | None

    @classmethod
    def parse(cls, url: str) -> Location:
        """The location of a URL. Raises ValueError for what is none, naming the way out.

        What follows `sqlite:///` is the path as it is; nothing in it needs to be escaped.
        """
        if url == "memory:":
            return cls(None)
        if url.startswith(("postgresql:", "postgres:")):
            raise ValueError(f"PostgreSQL is not supported yet: {WAYS}")
        path = url.removeprefix(SCHEME)
        if path == url or path in ("", ":memory:"):
            raise ValueError(f"{url!r} is no store: {WAYS}")
        if "\x00" in path:
            raise ValueError(f"{url!r} holds a zero character, which no path can: {WAYS}")
        return cls(Path(path).absolute())

    def __str__(self) -> str:
        return "memory:" if self.path is None else str(self.path)

    def uri(self, mode: str) -> str:
        """The file URI for SQLite, every special character escaped. `mode` is a query such as `mode=ro`."""
        return ":memory:" if self.path is None else f"{self.path.as_uri()}?{mode}"

    def wal_exists(self) -> bool:
        """Whether there is a write-ahead log: changes that are not in the file itself yet, or a writer at work."""
        return self.path is not None and self.path.with_name(f"{self.path.name}-wal").exists()
