from modeltrail import Trail
from modeltrail.testing import check_projection
from modeltrail_pins import Pin, pins


def test_pins_keeps_the_laws():
    check_projection(pins)


def test_who_changes_the_version_has_pinned_it():
    trail = Trail.open("memory:")
    with trail.record(by="alice@example.com") as rec:
        rec.deployment("chat-prod").create("acme/chat", api_version="2024-06-01", run_by="provider")
    with trail.record(by="bob@example.com") as rec:
        rec.deployment("chat-prod").change_api_version("2024-10-21")
    expected = Pin(api_version="2024-10-21", before="2024-06-01", by="bob@example.com")
    assert trail.view(pins).get("chat-prod") == expected
