"""What do the commands on a page print? The blocks of consoles, each command run in the current folder."""

from __future__ import annotations

import re
import shlex

from typer.testing import CliRunner

from modeltrail.cli_app import app


def printed(command: str) -> str:
    """What a command prints on a page."""
    words = shlex.split(command)
    assert words[0] == "modeltrail"
    found = CliRunner().invoke(app, words[1:], env={"COLUMNS": "100"})
    assert found.exit_code == 0, f"{command}\n{found.output}"
    return "\n".join(line.rstrip() for line in found.output.rstrip().splitlines())


def played(page: str, kind: str = "console") -> str:
    """The page with what the commands of its blocks of a kind print now, in the current folder."""

    def block(found: re.Match[str]) -> str:
        commands = [line.removeprefix("$ ") for line in found[0].splitlines() if line.startswith("$ ")]
        return "".join(f"$ {command}\n{printed(command)}\n" for command in commands)

    return re.sub(rf"(?<=^```{kind}\n).*?(?=^```$)", block, page, flags=re.MULTILINE | re.DOTALL)
