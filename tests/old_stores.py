"""What does a store of a released version hold, and what did that version answer? Run with its code, this keeps both.

In a checkout of the version that is to be kept beside this one, `../released`:

    PYTHONPATH=../released/src python tests/old_stores.py

writes `VERSION.db` and `VERSION.answers.json` into `tests/golden/stores`. The story uses what every version can do;
what only later ones can do is done where the version can.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import modeltrail
from modeltrail import Rules, Trail
from modeltrail.domain.values import Policy
from modeltrail.imports.notices import read_notices

if TYPE_CHECKING:
    from modeltrail import Fail, Move, Postpone
    from modeltrail.recording import Recording

STORES = Path(__file__).parent / "golden" / "stores"
NOW = datetime(2025, 7, 1, tzinfo=UTC)
"""When the questions are asked, and when the last fact was recorded."""
ALICE, BOB = "alice@example.com", "bob@example.com"
MIRRORED, OWN, CODE, EMBED = "azure-openai/chat", "acme/chat", "acme/code", "azure-openai/embed"
"""A provider's model, the engine's, one of the engine with rules of its own, and one known from a schedule only."""
POLICIES: tuple[Policy, ...] = ("auto-update", "upgrade-when-expired", "manual", "unspecified")
NOTICES = """\
known_at,model,version,statement,on,qualifier,to_model,to_version,source
2025-01-10,embed,1,released,2024-11-20,,,,catalogue date
2025-01-10,embed,1,default,2024-11-20,,,,first version
2025-01-20,embed,1,retirement,2025-08-01,no_earlier_than,,,page of 20 January
2025-02-12,embed,1,retirement,2025-09-01,fixed,,,page of 12 February
2025-02-12,embed,2,released,2025-02-11,,,,page of 12 February
2025-02-12,embed,1,replacement,,,embed,2,page of 12 February
2025-02-12,embed,2,retirement,2025-02-31,fixed,,,page of 12 February
2025-02-12,embed,,retired,2025-02-01,,,,page of 12 February
"""
"""A provider's schedule; of its last two rows one cannot be read, and one names no version."""


class Diary:
    """A trail, and the clock by which it records."""

    def __init__(self, url: str) -> None:
        self.today = NOW
        self.trail = Trail.open(url, clock=lambda: self.today)

    def on(self, day: str, **told: Any) -> Recording:
        """What is recorded on a day, by Alice unless told otherwise."""
        self.today = datetime.fromisoformat(day).replace(tzinfo=UTC)
        return self.trail.record(**{"by": ALICE, **told})

    def advance(self, day: str) -> bool:
        """Carry out what is due, where there is an engine; false where there is none."""
        self.today = datetime.fromisoformat(day).replace(tzinfo=UTC)
        if not hasattr(self.trail, "advance"):
            return False
        self.trail.advance()
        return True


def live(diary: Diary) -> None:
    """Half a year of facts of every kind."""
    if hasattr(diary.trail, "on_move"):
        diary.trail.on_move(gateway)
    begin(diary)
    deploy(diary)
    announce(diary)
    import_notices(diary)
    change_defaults(diary)
    look(diary)
    step_back(diary)
    learn_late(diary)
    change_deployments(diary)
    retire(diary)
    look_ahead(diary)


def gateway(move: Move) -> Postpone | Fail | None:
    """A host that freezes one deployment, fails for ever with another, and with a third only at first."""
    from modeltrail import Fail, Postpone

    if move.deployment == "gateway-frozen":
        return Postpone(datetime(2025, 9, 1, tzinfo=UTC), why="change freeze")
    if move.deployment == "gateway-auto" and move.attempt == 1:
        return Postpone(datetime(2025, 3, 3, tzinfo=UTC), why="not on a weekend")
    if move.deployment == "gateway-auto" and move.attempt == 2:
        raise TimeoutError("the gateway did not answer")
    if move.deployment == "gateway-broken":
        return Fail("no route")
    return None


def begin(diary: Diary) -> None:
    """The models and their first versions."""
    with diary.on("2025-01-06", source="the provider's page", command_id="begin-1") as rec:
        chat = rec.model(MIRRORED)
        chat.register(rules="azure-openai")
        chat.release("v1", api_versions=["2024-10-21"])
        chat.change_default("v1")
    with diary.on("2025-01-06", by=BOB, why="our own model", command_id="begin-2") as rec:
        own = rec.model(OWN)
        own.register(run_by="engine")
        own.release("v1", api_versions=["v1"])
        own.change_default("v1")
    own_rules = Rules(id="acme-2025", notice_days=7, lead_days=14, unspecified="upgrade-when-expired")
    with diary.on("2025-01-07", by=BOB) as rec:
        code = rec.model(CODE)
        code.register(run_by="engine", rules=own_rules, offers=["auto-update", "manual", "unspecified"])
        code.release("a", stage="preview")
        code.change_default("a")


def deploy(diary: Diary) -> None:
    """Deployments of every policy, run by the provider and by the engine."""
    with diary.on("2025-01-13", why="first deployments", command_id="deploy-1") as rec:
        for policy in POLICIES:
            rec.deployment(f"mirror-{policy}").create(MIRRORED, "v1", policy=policy, run_by="provider")
            rec.deployment(f"own-{policy}").create(OWN, "v1", policy=policy, run_by="engine", owner="team chat")
            rec.deployment(f"gateway-{policy}").create(MIRRORED, "v1", policy=policy, run_by="engine")
    with diary.on("2025-01-14", known_at="2025-01-13", effective_at="2025-01-10") as rec:
        reserved = rec.deployment("mirror-reserved")
        reserved.create(
            MIRRORED, policy="auto-update", sku="ProvisionedManaged", run_by="provider", api_version="2024-10-21"
        )
    with diary.on("2025-01-15") as rec:
        for name in ("gateway-auto", "gateway-frozen", "gateway-broken"):
            rec.deployment(name).create(MIRRORED, policy="auto-update", run_by="engine")
        rec.deployment("code-auto").create(CODE, policy="auto-update")
        rec.deployment("code-plain").create(CODE)


def announce(diary: Diary) -> None:
    """What is announced in February: dates that are moved, confirmed and withdrawn."""
    with diary.on("2025-02-03", source="the provider's page", command_id="announce-1") as rec:
        chat = rec.model(MIRRORED)
        chat.release("v2", api_versions=["2024-10-21", "2025-02-01"])
        chat.announce_default("v2", on="2025-03-01", qualifier="no-earlier-than")
        chat.announce_retirement("v1", on="2025-05-01", qualifier="no-earlier-than")
        chat.announce_retirement("v1", on="2025-07-15", sku="ProvisionedManaged")
        chat.announce_stage("v1", "legacy", on="2025-04-01")
    with diary.on("2025-02-04", by=BOB, why="v2 answers better") as rec:
        own = rec.model(OWN)
        own.release("v2", api_versions=["v1"])
        own.announce_default("v2", on="2025-03-03")
        own.announce_retirement("v1", on="2025-05-12")
        own.name_replacement("v1", to_version="v2")
        code = rec.model(CODE)
        code.release("b")
        code.announce_default("b", on="2025-02-20")
        code.announce_retirement("a", on="2025-04-30")
    with diary.on("2025-02-10", source="the provider's page") as rec:
        chat = rec.model(MIRRORED)
        chat.announce_retirement("v1", on="2025-06-01")
        chat.name_replacement("v1", to_version="v2", lead_days=30)
    with diary.on("2025-02-11", source="a mail of the provider") as rec:
        rec.model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    with diary.on("2025-02-11", by=BOB, why="one team needs longer") as rec:
        rec.model(OWN).announce_retirement("v1", on="2025-06-16")
    with diary.on("2025-02-12", by=BOB, why="as before") as rec:
        rec.model(CODE).withdraw_retirement("a")


def import_notices(diary: Diary) -> None:
    """A schedule, twice: the second time nothing is new."""
    diary.today = datetime(2025, 2, 17, tzinfo=UTC)
    for _ in range(2):
        rows = read_notices(NOTICES.splitlines(), catalogue="azure-openai")
        diary.trail.take(rows, catalogue="azure-openai", by=ALICE, source="schedule.csv")
    with diary.on("2025-02-18") as rec:
        rec.deployment("embed-unspecified").create(EMBED, "1", policy="unspecified", run_by="provider")
        rec.deployment("embed-auto").create(EMBED, "1", policy="auto-update", run_by="provider")
        rec.deployment("embed-held").create(EMBED, "1", policy="auto-update", run_by="provider")


def terms(cause: str, policy: Policy, rules: str) -> dict[str, Any]:
    """What is said of a move that was executed."""
    return {"cause": cause, "policy": policy, "rules": rules}


def change_defaults(diary: Diary) -> None:
    """The defaults of March: the provider's is stated, one's own are carried out, by hand where there is no engine."""
    if not diary.advance("2025-02-20"):
        with diary.on("2025-02-20", by=BOB, why="as announced") as rec:
            rec.model(CODE).change_default("b")
            rec.deployment("code-auto").change_version("b", **terms("default-change", "auto-update", "acme-2025"))
    with diary.on("2025-03-01", source="the provider's page") as rec:
        rec.model(MIRRORED).change_default("v2")
    if not diary.advance("2025-03-03"):
        with diary.on("2025-03-03", by=BOB, why="as announced") as rec:
            rec.model(OWN).change_default("v2")
        with diary.on("2025-03-05", by=BOB, why="it follows the default") as rec:
            rec.deployment("own-auto-update").change_version("v2")
            rec.deployment("gateway-auto").change_version(
                "v2", **terms("default-change", "auto-update", "azure-openai")
            )
    diary.advance("2025-03-05")


def look(diary: Diary) -> None:
    """What exports and tests show in March, and what is decided because of them."""
    with diary.on("2025-03-10", source="export of 10 March") as rec:
        rec.deployment("mirror-auto-update").observe(MIRRORED, "v2")
        rec.deployment("mirror-manual").observe(MIRRORED, "v2")
        rec.deployment("mirror-reserved").observe(MIRRORED, "v1")
        rec.deployment("mirror-found").observe(MIRRORED, "v1")
    with diary.on("2025-03-17", by=BOB) as rec:
        rec.deployment("own-manual").tested("v2", "passed", evidence="run 12")
        rec.deployment("mirror-manual").tested("v2", "failed", evidence="run 13")
    with diary.on("2025-03-18", by=BOB, why="tested", command_id="CHG-12") as rec:
        rec.deployment("own-manual").change_version("v2")
    with diary.on("2025-03-19", by=BOB, why="tested", command_id="CHG-12") as rec:
        rec.deployment("own-manual").change_version("v2")


def step_back(diary: Diary) -> None:
    """A default that is taken back within its rollout, and a choice by hand that a default change ends."""
    with diary.on("2025-03-20", effective_at="2025-03-15", source="the provider's page") as rec:
        rec.model(EMBED).change_default("2")
        rec.model(EMBED).change_stage("3", "preview")
        rec.model(EMBED).announce_retirement("2", on="2025-06-10")
        rec.model(EMBED).name_replacement("2", to_version="3", lead_days=90)
    with diary.on("2025-03-22", why="2 answers differently") as rec:
        rec.deployment("embed-held").change_version("1")
    with diary.on("2025-03-25", source="the provider's page") as rec:
        rec.model(EMBED).change_default("1")
    with diary.on("2025-04-05", source="the provider's page") as rec:
        rec.model(EMBED).release("3")
        rec.model(EMBED).change_default("2")


def learn_late(diary: Diary) -> None:
    """What was learned weeks later, what was recorded days after that, and what was wrong."""
    with diary.on("2025-03-28", known_at="2025-03-24", effective_at="2025-02-25", source="a mail") as rec:
        rec.deployment("mirror-unspecified").change_policy("auto-update")
    with diary.on("2025-03-29", known_at="2025-03-24", effective_at="2025-03-06", source="a mail") as rec:
        rec.deployment("gateway-unspecified").change_policy("auto-update")
    seen = next(
        fact.position
        for fact in diary.trail.history("mirror-manual")
        if fact.event.type == "deployment.observed" and fact.source == "export of 10 March"
    )
    with diary.on("2025-04-02", by=BOB) as rec:
        rec.retract(seen, why="the export was of another subscription")
    with diary.on("2025-04-07", source="the provider's page") as rec:
        chat = rec.model(MIRRORED)
        chat.change_stage("v1", "legacy")
        chat.release("v3", stage="preview", api_versions=["2025-02-01"])
        chat.announce_default("v3", qualifier="tentative")


def change_deployments(diary: Diary) -> None:
    """Decisions about single deployments, and one that is deleted and created again."""
    with diary.on("2025-05-05", why="cheaper", command_id="CHG-20") as rec:
        rec.deployment("mirror-upgrade-when-expired").change_sku("GlobalStandard")
        rec.deployment("mirror-auto-update").change_api_version("2024-10-21")
        rec.deployment("code-plain").change_policy("manual")
        rec.deployment("mirror-found").delete()
    with diary.on("2025-05-07", by=BOB, why="it cost too much") as rec:
        rec.deployment("own-unspecified").stop("nobody calls it")
    with diary.on("2025-05-08") as rec:
        rec.deployment("mirror-found").create(MIRRORED, "v2", policy="manual", run_by="provider")
    with diary.on("2025-05-09", by=BOB, why="wrong answers") as rec:
        rec.model(CODE).release("c")
        rec.model(CODE).change_default("c", emergency="b gives wrong answers")


def retire(diary: Diary) -> None:
    """The retirements of June: the provider's is stated, one's own is carried out, by hand where there is no engine."""
    with diary.on("2025-06-02", effective_at="2025-06-01", source="the provider's page") as rec:
        rec.model(MIRRORED).retire("v1")
    if not diary.advance("2025-06-16"):
        with diary.on("2025-06-16", by=BOB, why="as announced") as rec:
            rec.model(OWN).retire("v1")
            rec.deployment("own-upgrade-when-expired").change_version(
                "v2", **terms("retirement", "upgrade-when-expired", "engine")
            )
            rec.deployment("gateway-manual").stop("v1 is retired", **terms("retirement", "manual", "azure-openai"))
    with diary.on("2025-06-20", source="export of 20 June") as rec:
        rec.deployment("mirror-manual").observe(MIRRORED, "v1", status="stopped")
        rec.deployment("mirror-unspecified").observe(MIRRORED, "v2")


def look_ahead(diary: Diary) -> None:
    """What is to come after the last of June."""
    with diary.on("2025-06-25", source="the provider's page") as rec:
        chat = rec.model(MIRRORED)
        chat.announce_retirement("v2", on="2025-09-15")
        chat.announce_forced_upgrade("v2", on="2025-08-15", to_version="v3")
        chat.change_stage("v3", "generally-available")
        chat.unlist("v1")
    with diary.on("2025-06-26", by=BOB, why="v3 is ready") as rec:
        own = rec.model(OWN)
        own.release("v3", api_versions=["v2"])
        own.announce_default("v3", on="2025-07-20")
    with diary.on("2025-06-30T18:00:00", command_id="nothing") as rec:
        pass
    diary.today = NOW


MOMENTS = (
    *("2025-01-01", "2025-01-20", "2025-02-20", "2025-03-02", "2025-03-04", "2025-03-12"),
    *("2025-03-20", "2025-04-15", "2025-05-20", "2025-06-10", "2025-06-20", "2025-07-01"),
)
"""The days that are asked about."""
KNOWN = {"2025-03-20": MOMENTS[3:7], "2025-05-20": MOMENTS[5:9]}
"""The days as known on which some days before are asked about once more."""


def asked(trail: Trail) -> Iterator[tuple[str, Any]]:
    """Every question in words, with its answer."""
    deployments = sorted({name.partition("/")[2] for name in streams(trail, "deployment/")})
    models = sorted(name.partition("/")[2] for name in streams(trail, "model/"))
    moments = [*((day, None) for day in MOMENTS), *((day, known) for known, days in KNOWN.items() for day in days)]
    for day, known in moments:
        moment, words = trail.at(day, known_at=known), day if known is None else f"{day} as known on {known}"
        for name in deployments:
            yield f"serving {name} {words}", as_json(moment.serving(name))
    for day, known in ((MOMENTS[-1], None), *((days[-1], known) for known, days in KNOWN.items())):
        moment, words = trail.at(day, known_at=known), day if known is None else f"{day} as known on {known}"
        for name in models:
            yield f"model {name} {words}", as_json(moment.model(name))
        yield f"announcements {words}", [as_json(one) for one in moment.announcements()]
        yield f"upcoming {words}", [as_json(one) for one in moment.upcoming(90)]
        yield f"deployments {words}", [one.deployment for one in moment.deployments()]
    for name in deployments:
        yield f"course {name}", as_json(trail.at().course(name))


def streams(trail: Trail, prefix: str) -> set[str]:
    """The streams of a kind."""
    return {fact.stream for fact in trail.events() if fact.stream.startswith(prefix)}


def as_json(answer: Any) -> Any:
    """An answer as the command line prints it in JSON."""
    return answer.model_dump(mode="json")


def answers(trail: Trail) -> dict[str, Any]:
    """What this version answers: its questions, and what it leaves with those who do not trust the store."""
    return {
        "version": modeltrail.__version__,
        "checkpoint": json.loads(trail.log.checkpoint().to_json()),
        "proof": json.loads(trail.log.prove(5).to_json()),
        "answers": dict(asked(trail)),
    }


def write(folder: Path) -> Path:
    """Make the store of the version that runs this, and the file of its answers beside it."""
    store = folder / f"{modeltrail.__version__}.db"
    diary = Diary(f"sqlite:///{store}")
    live(diary)
    told = answers(diary.trail)
    diary.trail.close()
    in_one_file(store)
    answers_of(store).write_text(one_a_line(told), encoding="utf-8")
    return store


def answers_of(store: Path) -> Path:
    """Where the answers of a store are kept."""
    return store.with_name(f"{store.stem}.answers.json")


def in_one_file(store: Path) -> None:
    """Leave nothing of a closed store in a -wal file."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")


def one_a_line(told: dict[str, Any]) -> str:
    """JSON with each question on a line of its own."""
    head = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in told.items() if key != "answers"]
    asked = [f"{json.dumps(question)}: {json.dumps(answer)}" for question, answer in told["answers"].items()]
    return "{\n" + ",\n".join([*head, '"answers": {\n' + ",\n".join(asked) + "\n}"]) + "\n}\n"


if __name__ == "__main__":
    if (STORES / f"{modeltrail.__version__}.db").exists():
        sys.exit(f"the store of {modeltrail.__version__} is kept already: remove it first, if it is to be made again")
    print(write(STORES))
