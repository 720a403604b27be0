"""What do the tests notice? Runs cosmic-ray over domain/ as last committed, in one clone for each processor.

Changes within type annotations are left out, since they are not run, and those that mean nothing: the flags of
dataclasses, and which of two texts is the greater. A run that was cut short goes on where it stopped,
unless something was committed since. Fails when more than 5 % of the changes survive; lists those that do.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from random import Random

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

ROOT = Path(__file__).parent.parent
CLONES = ROOT / "build" / "mutants"
WORKERS = os.cpu_count() or 1
MOST_SURVIVORS = 0.05


def run(*words: str, cwd: Path = ROOT) -> str:
    """Run a command with the clone's own source in front, and give what it printed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    settings = os.environ | {"PATH": path, "PYTHONPATH": str(cwd / "src")}
    return subprocess.run(words, cwd=cwd, env=settings, check=True, stdout=subprocess.PIPE, text=True).stdout


@cache
def types_written(path: Path) -> list[ast.expr]:
    """The type annotations of a file."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    written = [node.annotation for node in nodes if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation]
    return written + [node.returns for node in nodes if isinstance(node, ast.FunctionDef) and node.returns]


def is_annotation(item: WorkItem, clone: Path) -> bool:
    """Whether a change touches a type annotation only."""
    (change,) = item.mutations
    return any(
        (node.lineno, node.col_offset) <= change.start_pos
        and change.end_pos <= (node.end_lineno or 0, node.end_col_offset or 0)
        for node in types_written(clone / change.module_path)
    )


@cache
def places_without_meaning(path: Path) -> list[ast.expr]:
    """Decorators of dataclasses (their flags guard, and do nothing), and comparisons with a literal text.

    Of those only the opposite is another meaning: no text is more than "deleted" in any sense that the code could use.
    """
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    compared = [
        node
        for node in nodes
        if isinstance(node, ast.Compare)
        and any(isinstance(end, ast.Constant) and isinstance(end.value, str) for end in node.comparators)
    ]
    return [decorator for node in classes for decorator in node.decorator_list] + list[ast.expr](compared)


OPPOSITES = ("Eq_NotEq", "NotEq_Eq")


def is_without_meaning(item: WorkItem, clone: Path) -> bool:
    """Whether a change only turns a flag of a dataclass, or asks which of two texts is greater."""
    (change,) = item.mutations
    is_comparison = "ReplaceComparisonOperator" in change.operator_name
    inside = any(
        (node.lineno, node.col_offset) <= change.start_pos
        and change.end_pos <= (node.end_lineno or 0, node.end_col_offset or 0)
        and (is_comparison or not isinstance(node, ast.Compare))
        for node in places_without_meaning(clone / change.module_path)
    )
    return inside and not change.operator_name.endswith(OPPOSITES)


def sampled(items: list[WorkItem], sample: int | None) -> list[WorkItem]:
    """All changes, or so many of them, always the same ones."""
    return items if sample is None else Random(0).sample(items, min(sample, len(items)))


def prepared(number: int, commit: str, sample: int | None) -> Path:
    """A clone of the commit, with the changes in it that are this clone's to try."""
    clone = CLONES / f"{commit[:12]}-{sample or 'all'}-{number}-of-{WORKERS}"
    if not clone.exists():
        run("git", "clone", "--quiet", str(ROOT), str(clone))
        run("cosmic-ray", "init", "cosmic-ray.toml", "session.sqlite", cwd=clone)
        with use_db(clone / "session.sqlite", WorkDB.Mode.open) as session:
            run_items = [
                item
                for item in session.work_items
                if not (is_annotation(item, clone) or is_without_meaning(item, clone))
            ]
            chosen = sampled(sorted(run_items, key=lambda item: str(item.mutations)), sample)[number::WORKERS]
            wanted = {item.job_id for item in chosen}
            for item in session.work_items:
                if item.job_id not in wanted:
                    session.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    return clone


def try_all(clone: Path) -> None:
    """Try the changes of a clone that were not tried yet."""
    run("cosmic-ray", "exec", "cosmic-ray.toml", "session.sqlite", cwd=clone)


def outcomes(clone: Path) -> tuple[int, list[str]]:
    """How many changes were tried in a clone, and those that nothing noticed."""
    tried, survivors = 0, []
    with use_db(clone / "session.sqlite", WorkDB.Mode.open) as session:
        changes = {str(item.job_id): item.mutations[0] for item in session.work_items}
        for job, result in session.results:
            tried += result.worker_outcome != WorkerOutcome.SKIPPED
            if result.test_outcome == TestOutcome.SURVIVED:
                change = changes[str(job)]
                survivors.append(f"{change.module_path}:{change.start_pos[0]} {change.operator_name}\n{result.diff}\n")
    return tried, survivors


def main() -> int:
    """Try all changes; 1 where too many survive."""
    commit = run("git", "rev-parse", "HEAD").strip()
    parser = argparse.ArgumentParser(description="Try the changes, or a sample of them.")
    parser.add_argument("--sample", type=int, help="how many changes to try, chosen at random but always the same")
    sample = parser.parse_args().sample
    clones = [prepared(number, commit, sample) for number in range(WORKERS)]
    run("cosmic-ray", "--verbosity", "WARNING", "baseline", "cosmic-ray.toml", cwd=clones[0])
    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(try_all, clones))
    tried, survivors = 0, []
    for clone in clones:
        of_clone, survived = outcomes(clone)
        tried += of_clone
        survivors += survived
    print(*sorted(survivors), sep="\n")
    print(f"{tried} changes, {tried - len(survivors)} noticed, {len(survivors)} survived")
    return int(len(survivors) > MOST_SURVIVORS * tried)


if __name__ == "__main__":
    sys.exit(main())
