"""Does the README do what it shows?"""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.skipif(not README.exists(), reason="README.md is not here: the wheel is tested")
def test_the_session_of_the_readme_gives_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = README.read_text(encoding="utf-8").replace("\n```\n", "\n\n")
    parsed = doctest.DocTestParser().get_doctest(session, {}, README.name, str(README), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert parsed.examples
    assert runner.run(parsed).failed == 0
