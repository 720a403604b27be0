"""R13, R39: how the order of trust of a catalogue is declared."""

from __future__ import annotations

import pytest

from modeltrail import Refused
from modeltrail.domain.events import TrustChanged
from rules.given import PROD, mirrored, on
from rules.sources import trust


@pytest.mark.rule("R7", "R42")
def test_an_order_is_decided_by_a_person_whoever_runs_the_models() -> None:
    trail = mirrored()
    with trail.record(by="alice@example.com", why="the API is exact") as rec:
        rec.catalogue("azure-openai").trust("azure-models", "https://learn.microsoft.com")
    (fact,) = rec.facts
    assert fact.event == TrustChanged(catalogue="azure-openai", sources=("azure-models", "https://learn.microsoft.com"))
    assert (fact.stream, fact.mode, fact.by, fact.why) == (
        "catalogue/azure-openai",
        "decision",
        "alice@example.com",
        "the API is exact",
    )


@pytest.mark.rule("R39")
def test_the_order_in_force_declared_again_records_nothing() -> None:
    trail = mirrored()
    assert trust(trail, "2025-02-01") == ()
    assert trust(trail, "2025-02-02", "azure-models", "a mail")
    assert trust(trail, "2025-02-03", "azure-models", "a mail") == ()
    assert trust(trail, "2025-02-04", "a mail", "azure-models")
    assert trust(trail, "2025-02-03", "azure-models", "a mail") == ()
    assert trust(trail, "2025-02-05")
    assert trust(trail, "2025-02-06") == ()


@pytest.mark.rule("R39")
def test_the_order_of_the_same_batch_is_in_force_and_a_retracted_one_is_not() -> None:
    trail = mirrored()
    with trail.record(by="alice@example.com", effective_at="2025-02-01", known_at="2025-02-01") as rec:
        rec.catalogue("azure-openai").trust("azure-models")
        rec.catalogue("azure-openai").trust("azure-models")
        rec.catalogue("azure-foundry").trust("azure-models")
    assert [fact.stream for fact in rec.facts] == ["catalogue/azure-openai", "catalogue/azure-foundry"]
    on(trail, "2025-02-02").retract(rec.facts[0].position)
    assert trust(trail, "2025-02-03", "azure-models")


@pytest.mark.rule("R39")
def test_a_repeated_command_declares_no_order_again() -> None:
    trail = mirrored()
    for sources in (("azure-models",), ("a mail",)):
        with trail.record(by="alice@example.com", command_id="c-1") as rec:
            rec.catalogue("azure-openai").trust(*sources)
    assert rec.repeated
    assert [fact.event for fact in rec.facts] == [TrustChanged(catalogue="azure-openai", sources=("azure-models",))]


@pytest.mark.parametrize(
    ("catalogue", "sources", "says"),
    [
        ("azure-openai/gpt-4o", ["a"], "'azure-openai/gpt-4o' names a model: name its catalogue, 'azure-openai'"),
        ("", ["a"], "catalogue"),
        ("acme", [""], "sources"),
        ("acme", [" a"], "outer spaces"),
        ("acme", ["a", "b", "a"], "'a' is named twice"),
        ("acme", ["https://example.com/"], "leave out the slash at its end"),
    ],
)
def test_what_is_no_order_is_refused(catalogue: str, sources: list[str], says: str) -> None:
    trail = mirrored()
    with pytest.raises(ValueError, match=says), trail.record(by="alice@example.com") as rec:
        rec.catalogue(catalogue).trust(*sources)


@pytest.mark.rule("R10")
def test_an_order_makes_no_model_known() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models", catalogue="acme")
    with pytest.raises(Refused, match="no model is known"), trail.record(by="alice@example.com") as rec:
        rec.catalogue("acme").trust("a mail")
        rec.deployment(PROD).create("acme/nobody-knows", "v1")
    assert [one.model for one in trail.at().announcements()] == []
