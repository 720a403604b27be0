"""R1 and R3: which deployment does a person mean who writes only the end of its ARM id?"""

from __future__ import annotations

import pytest

from modeltrail import Trail
from modeltrail.domain.refusals import Ambiguous, Unknown
from modeltrail.ledger import Ledger
from rules.given import MIRRORED, mirrored, on

ACCOUNTS = "/subscriptions/1/resourcegroups/rg/providers/microsoft.cognitiveservices/accounts"
EAST, WEST = f"{ACCOUNTS}/east/deployments", f"{ACCOUNTS}/west/deployments"


def created(*names: str) -> Trail:
    """Given mirrored deployments of these names."""
    trail = mirrored()
    for name in names:
        on(trail, "2025-02-10").deployment(name).create(MIRRORED, version="v1", run_by="provider")
    return trail


def meant(trail: Trail, name: str) -> str:
    return trail.at().serving(name).deployment


@pytest.mark.rule("R3")
@pytest.mark.parametrize("name", ["chat-prod", "Chat-Prod", "deployments/chat-prod", "east/deployments/chat-prod"])
def test_the_end_of_an_arm_id_from_a_slash_on_names_a_deployment(name: str) -> None:
    trail = created(f"{EAST}/chat-prod", f"{WEST}/mail")
    assert meant(trail, name) == f"{EAST}/chat-prod"
    assert trail.at().course(name) == trail.at().course(f"{EAST}/chat-prod")
    assert trail.history(name) == trail.history(f"{EAST}/chat-prod")


@pytest.mark.rule("R3")
@pytest.mark.parametrize("name", ["prod", "at-prod", "/chat-prod", "chat-prod/", "ployments/chat-prod"])
def test_what_does_not_begin_at_a_slash_names_nothing(name: str) -> None:
    trail = created(f"{EAST}/chat-prod")
    with pytest.raises(Unknown):
        meant(trail, name)


@pytest.mark.rule("R3")
def test_an_exact_name_comes_first() -> None:
    trail = created(f"{EAST}/chat-prod", "chat-prod")
    assert meant(trail, "chat-prod") == "chat-prod"
    assert meant(trail, "east/deployments/chat-prod") == f"{EAST}/chat-prod"


@pytest.mark.rule("R3")
def test_a_name_that_is_no_arm_id_has_no_short_form() -> None:
    trail = created("gateway/chat-prod")
    with pytest.raises(Unknown, match="did you mean 'gateway/chat-prod'"):
        meant(trail, "chat-prod")


@pytest.mark.rule("R3")
def test_an_end_that_several_have_names_neither_of_them() -> None:
    trail = created(f"{WEST}/chat-prod", f"{EAST}/chat-prod")
    with pytest.raises(Ambiguous) as refusal:
        meant(trail, "chat-prod")
    assert refusal.value.candidates == (f"{EAST}/chat-prod", f"{WEST}/chat-prod")
    said = f"'chat-prod' is short for several deployments: write more of {EAST}/chat-prod, {WEST}/chat-prod"
    assert str(refusal.value) == said
    with pytest.raises(Ambiguous, match="short for several deployments"):
        trail.history("chat-prod")


@pytest.mark.rule("R3")
def test_of_very_many_five_are_listed() -> None:
    trail = created(*(f"{ACCOUNTS}/a{number}/deployments/chat-prod" for number in range(7)))
    with pytest.raises(Ambiguous) as refusal:
        meant(trail, "chat-prod")
    assert str(refusal.value).count("deployments/chat-prod") == 5
    assert str(refusal.value).endswith("/a4/deployments/chat-prod and 2 more")


def test_a_mistyped_short_name_is_told_the_nearest() -> None:
    trail = created(f"{EAST}/chat-prod")
    with pytest.raises(Unknown, match="did you mean 'chat-prod'"):
        meant(trail, "chat-prd")
    with pytest.raises(Unknown, match="did you mean 'deployments/chat-prod'"):
        trail.history("deployments/chat-prd")


def test_what_is_short_for_a_model_and_for_a_deployment_is_the_model() -> None:
    trail = created(f"{EAST}/chat")
    assert {fact.stream for fact in trail.history("chat")} == {f"model/{MIRRORED}"}
    assert meant(trail, "chat") == f"{EAST}/chat"


def test_the_history_of_an_unknown_arm_id_is_told_to_be_unknown() -> None:
    with pytest.raises(Unknown, match="no deployment or model is known as"):
        created().history(f"{EAST}/chat-prod")


def test_nobody_lists_all_deployments_for_an_exact_name(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = created(f"{EAST}/chat-prod", "mail")

    def lists(*_: object) -> None:
        raise AssertionError("it lists what there is")

    monkeypatch.setattr(Ledger, "keys", lists)
    for name in (f"{EAST}/chat-prod", f"{EAST}/Chat-Prod", "mail"):
        assert meant(trail, name) == name.lower()
        assert trail.history(name)
