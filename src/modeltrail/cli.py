"""Where does the command line begin? Here; what it needs beyond the library is imported only when it runs."""

from __future__ import annotations

import sys

EXTRA = ("typer", "rich", "click")
"""What the extra `cli` brings."""


def main() -> None:
    """Run the command that the process was called with, and exit: 0 done, 1 refused or bad input, 2 wrong usage."""
    try:
        from modeltrail.cli_app import app
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRA:
            raise
        sys.exit(f'the command line needs {missing}: pip install "modeltrail[cli]"')
    app(prog_name="modeltrail")
