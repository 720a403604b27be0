"""What becomes of calls for which there is no answer? They are kept, say why, and are counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.calls import annotated, as_csv, from_csv, from_lines
from modeltrail import Trail, Unknown
from modeltrail.annotating import NAMED
from modeltrail.domain.refusals import Ambiguous
from modeltrail.naming import DeploymentNames
from modeltrail.projections.calls import Unanswered, UnknownDeployment
from rules.given import MIRRORED, PROD, deployed, mirrored, on

ACCOUNTS = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts"
TIME = "2025-03-01T10:00:00Z"


@pytest.fixture
def trail() -> Iterator[Trail]:
    """Given a deployment with a name of its own, and three with ARM ids, of which two are called `chat`."""
    with deployed(mirrored(), "manual") as trail:
        for account, name in (("east", "chat"), ("west", "chat"), ("west", "search")):
            arm = f"{ACCOUNTS}/{account}/deployments/{name}"
            on(trail, "2025-02-10").deployment(arm).create(model=MIRRORED, version="v1", run_by="provider")
        yield trail


def asked(trail: Trail, *calls: tuple[str, str]) -> list[dict[str, str]]:
    return from_csv(annotated(trail, as_csv([("called_at", "deployment"), *calls]))[0])


def test_a_call_without_an_answer_is_kept_and_says_why(trail: Trail) -> None:
    calls = [(TIME, "chat-prd"), ("soon", PROD), ("", PROD), (TIME, ""), (TIME, "chat"), (TIME, " x")]
    rows = asked(trail, *calls)
    assert [row["modeltrail_problem"].partition(":")[0] for row in rows] == [
        "no deployment is known as 'chat-prd'",
        "'soon' is no date",
        "there is no time",
        "there is no deployment",
        "'chat' is short for several deployments",
        "' x' has control characters or outer spaces",
    ]
    assert {value for row in rows for name, value in list(row.items())[2:-1]} == {""}
    assert [(row["called_at"], row["deployment"]) for row in rows] == calls


def test_in_json_what_is_not_known_is_null(trail: Trail) -> None:
    (call,) = from_lines(annotated(trail, f'{{"called_at": "{TIME}", "deployment": 5}}', "jsonl")[0])
    assert call.pop("modeltrail_problem") == "5 is no name"
    assert {name: value for name, value in call.items() if name.startswith("modeltrail")} == dict.fromkeys(
        [f"modeltrail_{name}" for name in ("status", "model", "version", "certainty", "possible", "because")]
    )


def test_the_first_of_each_kind_are_named_and_all_are_counted(trail: Trail) -> None:
    unknown = [(TIME, "chat-prd"), *[(TIME, f"other-{number}") for number in range(9)], (TIME, "chat-prd")]
    others = [(f"day {number // 2}", PROD) for number in range(14)]
    calls = [("called_at", "deployment"), (TIME, PROD), *unknown, *others, ("2024-01-01", PROD)]
    summary = annotated(trail, as_csv(calls))[1]
    assert (summary.rows, summary.problems) == (27, 25)
    assert (summary.by_status, summary.by_certainty) == ({"serving": 1, "absent": 1}, {"recorded": 1})
    assert summary.unknown[0] == UnknownDeployment(deployment="chat-prd", nearest=PROD, rows=2)
    assert (len(summary.unknown), len(summary.unanswered)) == (NAMED, NAMED)
    problem = "'day 1' is no date: write 2025-03-26 or 2025-03-26T14:00:00Z"
    assert summary.unanswered[1] == Unanswered(row=15, problem=problem)


def test_a_column_of_prompts_is_no_column_of_deployments(trail: Trail) -> None:
    prompt = "How are you? " * 1_000
    rows = asked(trail, (TIME, prompt), (prompt, PROD))
    assert [(len(row["deployment"]), len(row["called_at"])) for row in rows] == [(13_000, 20), (9, 13_000)]
    assert all(len(row["modeltrail_problem"]) < 200 for row in rows)
    summary = annotated(trail, as_csv([("called_at", "deployment"), (TIME, prompt)]))[1]
    assert [(one.row, len(one.problem) < 200) for one in summary.unanswered] == [(1, True)]


def test_calls_before_and_after_a_deployment_are_answered_too(trail: Trail) -> None:
    on(trail, "2025-04-01").deployment().delete()
    rows = asked(trail, ("2025-02-09", PROD), ("2025-04-02", PROD))
    assert [row["modeltrail_status"] for row in rows] == ["absent", "deleted"]
    assert [row["modeltrail_problem"] for row in rows] == ["", ""]


@pytest.mark.rule("R3")
def test_the_end_of_an_arm_id_names_its_deployment(trail: Trail) -> None:
    names = ("search", "Search", "west/deployments/chat", f"{ACCOUNTS.upper()}/WEST/deployments/chat")
    assert [row["modeltrail_version"] for row in asked(trail, *((TIME, name) for name in names))] == ["v1"] * 4


PART = st.sampled_from(["/subscriptions", "s", "Chat", "chat", "search", "", "x"])


@pytest.mark.rule("R3")
@given(
    st.lists(st.lists(PART, min_size=1, max_size=4).map("/".join), max_size=6), st.lists(PART, max_size=3).map("/".join)
)
def test_of_many_names_each_means_what_it_means_alone(names: list[str], name: str) -> None:
    recorded = sorted({one.lower() if one.startswith("/subscriptions/") else one for one in names if one})
    ending = [one for one in recorded if one.startswith("/subscriptions/") and one.endswith(f"/{name.lower()}")]
    full = name.lower() if name.startswith("/subscriptions/") else name
    known = DeploymentNames(recorded)
    if not name:
        return
    if full in recorded:
        assert known.named(name) == full
    elif len(ending) == 1:
        assert known.named(name) == ending[0]
    else:
        with pytest.raises(Ambiguous if ending else Unknown) as refused:
            known.named(name)
        assert not ending or getattr(refused.value, "candidates", ()) == tuple(ending)


def test_each_course_is_computed_once_whatever_its_deployment_is_called(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    facts = "modeltrail.knowledge.Knowledge.facts"
    from modeltrail.knowledge import Knowledge

    read = Knowledge.facts

    def counted(knowledge: Knowledge, deployment: str) -> list[object]:
        computed.append(deployment)
        return list(read(knowledge, deployment))

    monkeypatch.setattr(facts, counted)
    asked(trail, *[(TIME, name) for name in ("search", PROD, "west/deployments/search", PROD, "SEARCH", "nobody")])
    assert sorted(computed) == sorted({f"{ACCOUNTS}/west/deployments/search".lower(), PROD})
