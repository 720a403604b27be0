"""Does the service that the page on embedding shows do what the page says? It is run as it is, behind a real server."""

from __future__ import annotations

import importlib.util
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn

from modeltrail import Trail
from modeltrail.failpoints import watched
from pages import blocks

DOCS = Path(__file__).parents[2] / "docs"
PAGE, EXAMPLE = DOCS / "how-to" / "embed-in-a-service.md", DOCS / "examples" / "service.py"
MODEL = "acme/chat"
GREEN = "http://green"

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")


class Served:
    """The example behind a server on this machine, and a second process that records beside it."""

    def __init__(self, client: httpx.Client, service: ModuleType, beside: Trail) -> None:
        self.client, self.service, self.beside = client, service, beside

    def post(self, name: str, policy: str, key: str = "key-1") -> httpx.Response:
        headers = {"by": "alice@example.com", "idempotency-key": key}
        return self.client.post(f"/deployments/{name}/policy", json={"policy": policy}, headers=headers)

    def serving(self, name: str, **asked: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get(f"/deployments/{name}", params=asked).raise_for_status().json()
        return answer

    def change_default(self, version: str) -> None:
        """Record it as another process does that leaves the moves to the service."""
        with self.beside.record(by="release-train") as rec:
            rec.model(MODEL).change_default(version, emergency="the old one leaks")


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("service", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Given v1 as the default, v2 and v3; `chat` follows the default, `batch` does not."""
    monkeypatch.chdir(tmp_path)
    service = loaded()
    server = uvicorn.Server(uvicorn.Config(service.app, log_config=None))
    with Trail.open("sqlite:///audit.db", acting="worker") as beside, socket.socket() as door:
        with beside.record(by="platform-team") as rec:
            rec.model(MODEL).register(run_by="engine", offers=["auto-update", "manual"])
            for version in ("v1", "v2", "v3"):
                rec.model(MODEL).release(version)
            rec.model(MODEL).change_default("v1")
            rec.deployment("chat").create(MODEL, version="v1", policy="auto-update")
            rec.deployment("batch").create(MODEL, version="v1", policy="manual")
        door.bind(("127.0.0.1", 0))
        door.listen()  # from here on requests wait until they are answered
        thread = Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        host, port = door.getsockname()
        try:
            with httpx.Client(base_url=f"http://{host}:{port}", timeout=30, trust_env=False) as client:
                yield Served(client, service, beside)
        finally:
            server.should_exit = True
            thread.join(timeout=30)
            assert not thread.is_alive()


def test_the_page_shows_the_example_as_it_is() -> None:
    shown = blocks(PAGE, "python")
    assert shown == [EXAMPLE.read_text(encoding="utf-8")], "docs/how-to/embed-in-a-service.md: put the file in again"


def test_the_request_of_the_page_gets_the_answer_of_the_page(served: Served) -> None:
    (request,), (answer,) = blocks(PAGE, "http"), blocks(PAGE, "json")
    head, _, body = request.partition("\n\n")
    (first, *headers) = head.splitlines()
    method, path = first.split()
    told = dict(header.split(": ") for header in headers)
    assert served.client.request(method, path, headers=told, json=json.loads(body)).json() == json.loads(answer)


def test_the_worker_of_the_page_advances_until_it_is_told_to_stop() -> None:
    (code,) = blocks(PAGE, "py")
    with Trail.open("memory:") as trail:
        found: dict[str, Any] = {"threading": threading, "log": logging.getLogger("service"), "trail": trail}
        exec(code, found)
    assert found["stop"].is_set() and not found["worker"].is_alive()


def test_the_example_is_shorter_than_40_lines() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 40


def test_a_decision_is_recorded_carried_out_in_the_gateway_and_given_back(served: Served) -> None:
    served.change_default("v2")
    recorded = served.post("batch", "auto-update")
    assert recorded.status_code == 200
    (fact,) = recorded.json()
    assert fact["type"] == "deployment.policy-changed"
    assert fact["data"] == {"deployment": "batch", "policy": "auto-update"}
    assert served.service.routes["batch"] == GREEN
    answer = served.serving("batch")
    assert (answer["version"], answer["certainty"], answer["cause"]) == ("v2", "recorded", "policy-change")


def test_it_says_what_served_on_both_clocks(served: Served) -> None:
    before = served.serving("chat")["at"]
    served.change_default("v2")
    served.post("batch", "auto-update")
    assert served.serving("chat")["version"] == "v2"
    assert served.serving("chat", at=before)["version"] == "v1"
    assert served.serving("chat", known_at=before)["version"] == "v1"
    assert served.serving("chat", at="2020-01-01")["status"] == "absent"


def test_a_repeated_request_gives_the_same_and_records_nothing(served: Served) -> None:
    first = served.post("batch", "auto-update", key="key-7")
    size = served.beside.status().size
    assert served.post("batch", "auto-update", key="key-7").json() == first.json() != []
    assert served.beside.status().size == size


def test_what_is_refused_is_a_409_with_its_sentence(served: Served) -> None:
    refused = served.post("chat", "upgrade-when-expired")
    assert refused.status_code == 409
    assert "does not offer" in refused.json()["detail"]
    assert "chat" in served.post("chatt", "manual").json()["detail"]


def test_a_request_that_is_none_is_a_422(served: Served) -> None:
    assert served.post("chat", "sometimes").status_code == 422
    assert served.client.post("/deployments/chat/policy", json={"policy": "manual"}).status_code == 422
    assert served.client.get("/deployments/chat", params={"at": "2025-04-01T12:00:00"}).status_code == 422


def test_a_lost_race_is_a_503_and_can_be_repeated(served: Served) -> None:
    served.post("batch", "manual", key="key-0")  # the engine has looked at everything
    others = iter(["quicker"])

    def be_quicker(point: str) -> None:
        if point == "append.before" and next(others, None):
            with served.beside.record(by="bob@example.com") as rec:
                rec.deployment("batch").change_api_version("2025-01")

    with watched(be_quicker):
        assert served.post("batch", "auto-update").status_code == 503
    assert served.post("batch", "auto-update").status_code == 200


def test_a_default_change_that_another_process_recorded_moves_a_deployment(served: Served) -> None:
    asked = counted(served, "switch")
    served.change_default("v2")
    assert (served.service.routes, asked) == ({}, [])
    served.post("batch", "manual")
    assert served.service.routes == {"chat": GREEN}
    assert [(move.deployment, move.leaves.version, move.to.version) for move in asked] == [("chat", "v1", "v2")]


def test_a_move_that_fails_is_recorded_and_waits(served: Served) -> None:
    served.change_default("v3")
    served.post("batch", "manual")
    (waiting,) = served.beside.status().waiting
    assert (waiting.deployment, waiting.to_version, waiting.attempt) == ("chat", "v3", 1)
    assert waiting.error == "KeyError: 'v3'"
    answer = served.serving("chat")
    assert (answer["version"], answer["flags"], served.service.routes) == ("v1", ["failed"], {})


def test_a_move_that_is_postponed_waits_until_then(served: Served) -> None:
    until = served.beside.now().replace(year=served.beside.now().year + 1, day=1)
    served.service.freezes["chat"] = until
    served.change_default("v2")
    served.post("batch", "manual")
    (waiting,) = served.beside.status().waiting
    assert (waiting.again_at, waiting.error) == (until, None)
    assert (served.serving("chat")["flags"], served.service.routes) == (["postponed"], {})


def test_a_move_is_made_once_though_it_is_asked_for_again_after_a_crash(served: Served) -> None:
    asked = counted(served, "switch")
    served.change_default("v2")

    def die(point: str) -> None:
        if point == "reaction.asked":
            raise SystemError("the process ends after the host was asked, before its answer is recorded")

    with watched(die):
        assert served.post("batch", "manual").status_code == 500
    served.service.routes.clear()  # what a second switch would fill again
    assert served.post("batch", "manual").status_code == 200
    assert [move.id for move in asked] == [asked[0].id] * 2
    assert served.service.routes == {}
    assert served.serving("chat")["version"] == "v2"


def counted(served: Served, name: str) -> list[Any]:
    """Note every move that the host is asked for."""
    asked: list[Any] = []
    switch: Callable[[Any], Any] = getattr(served.service, name)

    def noted(move: Any) -> Any:
        asked.append(move)
        return switch(move)

    served.client.get("/openapi.json").raise_for_status()  # it has started
    served.service.app.state.trail.on_move(noted)
    return asked
