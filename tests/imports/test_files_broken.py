"""R40 and R41: what becomes of a file that is no export, or not all of it? It is refused as a whole, with a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest

from modeltrail import Trail
from modeltrail.imports.azure_deployments import AzureDeployments

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DEEP = b'{"a":' * 3_000 + b"1" + b"}" * 3_000


def refused(content: bytes) -> str:
    """With which sentence a file is refused; nothing of it is recorded."""
    with Trail.open("memory:", clock=lambda: NOW) as trail:
        with pytest.raises(ValueError) as refusal:
            trail.read_export(AzureDeployments(), BytesIO(content), observed_at="2025-03-01", by="alice@example.com")
        assert trail.log.end().position == 0
        return str(refusal.value)


@pytest.mark.rule("R40")
@pytest.mark.parametrize("content", [b'[{"id": "a"}, {"id"', b'["\xff"]', b"[\x1b[31m]", b"[1] x"])
def test_a_file_that_is_no_json_is_refused_in_one_line_that_quotes_nothing_of_it(content: bytes) -> None:
    told = refused(content)
    assert (told[:33], told[-17:]) == ("it is no JSON, or not all of it (", "): fetch it again")
    assert told.isprintable() and '"id"' not in told


@pytest.mark.rule("R40")
def test_a_file_with_a_row_that_is_nested_too_deeply_is_refused() -> None:
    valid = b'{"id": "/subscriptions/0/resourceGroups/r/providers/p/accounts/a/deployments/d", "properties": '
    for row in (DEEP, valid + b"[" * 3_000 + b"]" * 3_000 + b"}"):
        assert refused(b"[" + row + b"]") == "row 1 is nested too deeply to be kept: fetch the list again"
