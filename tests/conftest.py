"""How are the tests run? Profiles of Hypothesis, `--examples 9000` for more of them, `--rule R19` for the tests of one
rule, `--kills 300` for deaths."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    "explore",
    max_examples=20_000,
    stateful_step_count=100,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("fuzz", settings.get_profile("explore"), max_examples=2_000)
settings.register_profile("mutants", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("ci")

# What the tests import, and the scripts beside them, hold no tests; --doctest-modules would import them a second time.
collect_ignore = [path.name for path in Path(__file__).parent.glob("*.py") if not path.name.startswith("test_")]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rule", metavar="ID", help="run only the tests that state this rule, such as R19")
    parser.addoption("--examples", metavar="N", type=int, help="try so many examples of each property")
    parser.addoption("--kills", metavar="N", type=int, default=30, help="kill so many processes at random moments")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """After Hypothesis has loaded the profile that was asked for."""
    examples = config.getoption("--examples")
    if examples is not None:
        settings.register_profile("asked", settings(), max_examples=examples)
        settings.load_profile("asked")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rule = config.getoption("--rule")
    if rule is None:
        return
    chosen = [item for item in items if any(rule in mark.args for mark in item.iter_markers("rule"))]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen
