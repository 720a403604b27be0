"""How do tests type commands, and what do they read back?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

import modeltrail
from modeltrail.cli_app import app

DATA = Path(modeltrail.__file__).parent / "data"
NOTICES = DATA / "notices.csv"
FLEET = DATA / "fleet.jsonl"


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output, with nothing before or after it."""
        assert (self.code, self.err) == (0, "")
        return json.loads(self.out)


def shell(*words: object, stdin: str | bytes | None = None, env: Mapping[str, str | None] | None = None) -> Answer:
    """Type a command. A traceback, where an exit code is due, is a failure."""
    told = CliRunner().invoke(
        app, [str(word) for word in words], input=stdin, env={"MODELTRAIL_STORE": None, "COLUMNS": "80", **(env or {})}
    )
    if told.exception is not None and not isinstance(told.exception, SystemExit):
        raise told.exception
    return Answer(told.exit_code, told.stdout, told.stderr)


def url(path: Path) -> str:
    """The store at a path."""
    return f"sqlite:///{path}"


def lines(*commands: Mapping[str, object]) -> str:
    """Commands as JSON lines."""
    return "".join(f"{json.dumps(command)}\n" for command in commands)
