"""Would a test notice if a rule no longer held? Breaks the code of each rule in one line and demands that one fails.

Run as a script (`make rules`), for all rules or for those that are named: each break is made in a copy of the tree, and
a test marked with its rule must fail with it and pass without it. tests/test_break_rules.py keeps the list in step.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
WORKERS = os.cpu_count() or 1
PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
PATIENCE = 300
"""After so many seconds tests under a break are taken to hang."""
PASSED, FAILED, NO_TESTS = 0, 1, 5
"""How pytest ends: any other way is no answer."""


class Break(NamedTuple):
    """A piece of code that makes a rule hold, and what it is replaced by so that the rule is false."""

    path: str
    old: str
    new: str


DEPLOYMENT = "domain/deployment.py"
DUES = "domain/dues.py"
MODEL = "domain/model.py"
POLICIES = "domain/policies.py"
READINGS = "domain/readings.py"
SIGHTS = "domain/sights.py"
VALUES = "domain/values.py"
VERSION = "domain/version.py"
UPCOMING = "projections/upcoming.py"
JUDGING = "src/modeltrail/judging.py"
RECORDING = "src/modeltrail/recording.py"

BREAKS: dict[str, Break] = {
    # A name without a slash is in some other catalogue.
    "R1": Break(VALUES, 'return f"default/{value}"', 'return f"azure-openai/{value}"'),
    # The order of versions comes from their text.
    "R2": Break(MODEL, "return ours.released_at < theirs.released_at", "return version < other"),
    # What is created again goes on as what was deleted.
    "R3": Break(DEPLOYMENT, "incarnation=state.incarnation + 1", "incarnation=1"),
    # A version of the API is taken for one of the model.
    "R4": Break(DEPLOYMENT, "state._replace(api_version=api_version)", "state._replace(version=api_version)"),
    # A time without a zone is taken, as one of the machine's own zone.
    "R5": Break(VALUES, "if moment.tzinfo is None:", "if False:"),
    # What was learned later is known before.
    "R6": Break("domain/facts.py", "fact.known_at > known_at", "fact.effective_at > known_at"),
    # Everything about a model is a statement, whoever runs it.
    "R7": Break(JUDGING, 'book.model_run_by(event) == "provider" and not', "not"),
    # The newest release is the default.
    "R8": Break(MODEL, "not self.is_choosable(version, sku) else version", "False else self.choosable(sku)[-1]"),
    # Anybody may begin on a deprecated version.
    "R9": Break(DEPLOYMENT, "if is_deprecated and", "if False and"),
    # A retired version can be chosen.
    "R10": Break(MODEL, " and self.versions[version].retired_by(sku) is None", ""),
    # Any notice will do.
    "R11": Break(MODEL, "event.on - known_at < state.rules.notice", "event.on < known_at"),
    # No date is ever overdue.
    "R12": Break(UPCOMING, "if on <= start:", "if False:"),
    # The first announcement stands for ever.
    "R13": Break(
        VERSION,
        "with_item(state.announced, sku, fact)",
        "with_item(state.announced, sku, state.announced.get(sku, fact))",
    ),
    # A general statement beats one for the SKU.
    "R14": Break(VERSION, "general.effective_at > own.effective_at", "True"),
    # A replacement is not asked whether it can be chosen.
    "R15": Break(POLICIES, "if models(model).is_choosable(version, sku):", "if True:"),
    # A reinstatement counts as a retirement.
    "R16": Break(VERSION, "fact if fact is not None and isinstance(fact.event, VersionRetired) else None", "fact"),
    # What was deleted between two sights was there until it was missing.
    "R16 deleted": Break(SIGHTS, "part if part.since < since else", "part if part else"),
    # The policy that is stated with a creation is lost.
    "R17": Break(DEPLOYMENT, "policy=event.policy,", 'policy="unspecified",'),
    # A policy that is not offered acts.
    "R18": Break(POLICIES, 'return Acting("manual", True)', "return Acting(stated)"),
    # A change reaches every deployment at once.
    "R19": Break(VALUES, "timedelta(days=self.rollout_days)", "timedelta(0)"),
    # What is upgraded when expired stops.
    "R20": Break(POLICIES, '("auto-update", "upgrade-when-expired")', '("auto-update",)'),
    # Manual moves at a retirement.
    "R21": Break(POLICIES, "return Acting(stated)", 'return Acting("upgrade-when-expired")'),
    # The rules in force say nothing of what is unspecified.
    "R22": Break(POLICIES, "Acting(model.rules.unspecified)", 'Acting("manual")'),
    # Reserved capacity moves as all else does.
    "R23": Break(POLICIES, "if is_provisioned(sku) and", "if False and"),
    # A newer preview replaces an older one on the day of its release.
    "R24": Break(DUES, "yield released + timedelta(days=delay),", "yield released,"),
    # Automatic moves go to earlier versions too.
    "R25": Break(DUES, "and model.is_earlier(default, version)", "and False"),
    # Who becomes automatic while behind the default stays behind.
    "R26": Break(DUES, 'return acted.policy != "auto-update"', "return False"),
    # A version may be retired without an announcement.
    "R27": Break(MODEL, "if not _is_said(event.emergency) and not is_due(", "if False and not is_due("),
    # No segment of a course ends.
    "R28": Break("domain/frames.py", "until=second.since", "until=None"),
    # Whatever is derived counts as recorded.
    "R29": Break("domain/frames.py", 'else visible[0].certainty if visible else "recorded"', 'else "recorded"'),
    # A newer target leaves the deadline as it was.
    "R30": Break("domain/possible.py", "self._restart(due.deadline)", "self._restart(self.deadline())"),
    # A sight settles nothing of what lies before it.
    "R31": Break(SIGHTS, "frame.shown = reached", "frame.shown = None"),
    # What no rule explains passes for a change of default.
    "R32": Break(SIGHTS, '"unexplained", frozenset()', '"default-change", frozenset()'),
    # A change that failed explains what is seen.
    "R32 failed": Break(DEPLOYMENT, ' and event.status == "Succeeded"', ""),
    # Of several logged changes the last was it.
    "R32 several": Break(SIGHTS, "changes[0].effective_at", "changes[-1].effective_at"),
    # What a rule explains was a logged change.
    "R32 explained": Break("domain/course.py", "if forcing is None and changes:", "if changes:"),
    # What becomes due after a logged change is forgotten.
    "R32 anew": Break(
        "domain/course.py",
        "self.taken = bisect_left(self.facts, moment, key=lambda fact: fact.effective_at)",
        "self.taken -= 1",
    ),
    # The policy at the creation counts for ever.
    "R33": Break(DEPLOYMENT, "state._replace(policy=policy, policy_fact=fact)", "state"),
    # A retirement stops nothing and moves nothing.
    "R34": Break(DUES, "return not place.is_stopped and is_version_retired(place, now)", "return False"),
    # No move to come breaks the API that is pinned.
    "R35": Break("src/modeltrail/expected.py", "and state.api_version not in version.api_versions", "and False"),
    # The result of a test is lost.
    "R36": Break(UPCOMING, "result = event.result", "result = None"),
    # What is carried out on time takes effect when it is carried out.
    "R37": Break("src/modeltrail/trail.py", "promise.due_at if on_time else moment", "moment"),
    # A host that is asked again cannot tell that it is the same move.
    "R38": Break("domain/moves.py", "{self.deployment}@{self.placed_by}:", "{self.deployment}@{self.attempt}:"),
    # A statement made again is recorded again.
    "R39": Break(RECORDING, "if key in self._statements(event.stream):", "if False:"),
    # An export shows only what has changed.
    "R40": Break(READINGS, "sights.append(_seen_again(shown, reading))", "pass"),
    # What it cannot read an export shows all the same.
    "R40 unread": Break(READINGS, " and deployment not in event.unread", ""),
    # What is deleted is shown on.
    "R40 deleted": Break(READINGS, "shown.clear()", "pass"),
    # A reading shows what lies elsewhere.
    "R40 scope": Break(READINGS, "yield key[:end]", "yield key[: end - 1]"),
    # A row that nobody can read is lost.
    "R41": Break("src/modeltrail/trail.py", "not _put_aside(batch, catalogue, problem)", "False"),
    # A move that nothing explains is listed nowhere.
    "R41 review": Break("projections/review.py", 'part.cause == "unexplained" and', 'part.cause == "by-hand" and'),
    # What was settled is open again once an earlier sight is known.
    "R41 settled": Break(
        "src/modeltrail/review.py", "for name in (one.entry.id, *one.formerly)", "for name in (one.entry.id,)"
    ),
    # A fact does not say why.
    "R42": Break(RECORDING, "why=why or self.why,", "why=why,"),
    # A fold refuses what cannot be.
    "R43": Break(
        DEPLOYMENT,
        'return _contradicted(state, fact, "there is no such deployment at that moment")',
        "raise NotThere(state.deployment, state.existence)",
    ),
    # A late decision may forbid what was decided later.
    "R44": Break(JUDGING, "if reason is not None:", "if False:"),
    # What is retracted counts on.
    "R45": Break(
        "domain/facts.py",
        "not any(is_known(retraction, known_at, retractions) for retraction in retractions.get(fact.position, ()))",
        "True",
    ),
    # A change of rules changes nothing.
    "R46": Break(MODEL, "replace(state, rules=rules, ruled_by=fact)", "state"),
}
"""By the rule that is broken; where there are several of one rule, with a word for what."""


def rule_of(name: str) -> str:
    """The rule that a break is one of."""
    return name.partition(" ")[0]


def broken(name: str, root: Path = ROOT) -> tuple[str, int]:
    """The code with a break, and the line of it. Raises ValueError where it is not there just once."""
    path, old, new = BREAKS[name]
    code = (root / path).read_text(encoding="utf-8")
    if code.count(old) != 1:
        raise ValueError(f"{name}: {path} has {old!r} {code.count(old)} times: name a fragment that it has once")
    return code.replace(old, new), code[: code.index(old)].count("\n") + 1


def copied(to: Path) -> Path:
    """Copy what is committed or could be, links as links, and compile it."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name in names.rstrip("\0").split("\0"):
        if os.path.lexists(ROOT / name):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name, follow_symlinks=False)
    run_tests(to, "--collect-only", "tests", keep_compiled=True)
    return to


def run_tests(copy: Path, *words: str, keep_compiled: bool = False) -> tuple[int, str]:
    """Run tests in a copy, and give how pytest ended and what it printed. Code under a break is never kept compiled."""
    settings = os.environ | {"PYTHONPATH": str(copy / "src")}
    if not keep_compiled:
        settings["PYTHONDONTWRITEBYTECODE"] = "1"
    words = (sys.executable, *PYTEST, *words)
    done = subprocess.run(
        words, cwd=copy, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE
    )
    return done.returncode, done.stdout


@contextmanager
def in_place(path: Path, code: str) -> Iterator[None]:
    """Other code in a file, for a while."""
    before, times = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(code, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # as it was compiled


def first_failing(rule: str, copy: Path) -> str:
    """The first test of a rule that fails, those of tests/rules first. Raises ValueError where none does."""
    for folder in ("tests/rules", "tests"):
        end, printed = run_tests(copy, "--rule", rule, folder)
        if end not in (PASSED, FAILED, NO_TESTS):
            raise ValueError(f"{rule}: pytest ended with {end}, not with a test that fails:\n{printed}")
        failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", printed, re.MULTILINE)
        if end == FAILED and failed is not None:
            return failed[1]
    raise ValueError(f"{rule}: no test marked with rule({rule!r}) notices the break: write the one that does")


def noticed(name: str, copy: Path) -> str:
    """The line of the table: where a rule was broken, and the test that fails with the break and not without it.

    Raises ValueError where there is none.
    """
    code, line = broken(name, copy)
    with in_place(copy / BREAKS[name].path, code):
        test = first_failing(rule_of(name), copy)
    if run_tests(copy, test)[0] != PASSED:
        raise ValueError(f"{name}: {test} fails without the break too: mend it first")
    return f"{name:<13} {f'{BREAKS[name].path}:{line}':<34} {test}"


def main(rules: list[str]) -> int:
    """Try the breaks of some rules, or of all; 1 where nobody noticed one, 2 for a rule that has none."""
    names = [name for name in BREAKS if not rules or {name, rule_of(name)} & {*rules}]
    if not {*names, *map(rule_of, names)} >= {*rules}:
        print(f"name rules out of {', '.join(BREAKS)}", file=sys.stderr)
        return 2
    copies: SimpleQueue[Path] = SimpleQueue()

    def tried(name: str) -> tuple[str, str | None]:
        copy = copies.get()
        try:
            return name, noticed(name, copy)
        except (ValueError, subprocess.TimeoutExpired) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return name, None
        finally:
            copies.put(copy)

    with TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as workers:
        for copy in workers.map(copied, [Path(folder, str(number)) for number in range(WORKERS)]):
            copies.put(copy)
        unnoticed = []
        for name, line in workers.map(tried, names):
            print(line or f"{name:<13} not noticed", flush=True)
            unnoticed += [] if line else [name]
    print(f"{len(names)} breaks, not noticed: {', '.join(unnoticed) or 'none'}")
    return int(bool(unnoticed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
