"""How does one see what differs between two moments, or between what was known of one? Before, then after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from modeltrail.cli_printing import sentence, table, two_lines
from modeltrail.cli_session import FOUND, AsJson, At, KnownAt, Store, date, exit_if, print_json, reading
from modeltrail.phrases import certainty, cited, listed, minute, moment, named, places, policy, positions, version
from modeltrail.projections.difference import (
    DateDifference,
    DateThen,
    DeploymentDifference,
    Difference,
    ModelDifference,
    VersionDifference,
)
from modeltrail.projections.serving import Serving
from modeltrail.projections.why import Ground

From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="The earlier moment.", show_default=False)]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="The later moment.", show_default="now")]
KnownFrom = Annotated[
    str | None,
    typer.Option("--known-from", metavar="DATE", help="What was known then of the earlier.", show_default="now"),
]
KnownTo = Annotated[
    str | None, typer.Option("--known-to", metavar="DATE", help="What was known then of the later.", show_default="now")
]
DiffersCode = Annotated[bool, typer.Option("--exit-code", help=f"Exit with {FOUND} if anything differs.")]
_OTHER = {"sku": "sku", "api_version": "api version", "run_by": "run by", "rules": "rules"}
"""What else may differ, and how it is said."""

FACTS_SHOWN = 24
"""How many facts are listed: more of them nobody reads in one look."""


def diff(
    ctx: typer.Context,
    since: From = None,
    to: To = None,
    known_from: KnownFrom = None,
    known_to: KnownTo = None,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: DiffersCode = False,
    store: Store = None,
) -> None:
    """Say what differs between two moments, or between what was known of one: deployments, models, and why."""
    both, knowing = date("--at", at), date("--known-at", known_at)
    moments = date("--from", since), date("--to", to)
    known = date("--known-from", known_from), date("--known-to", known_to)
    if at is not None and moments != (None, None):
        raise ValueError("--at stands for both moments: leave out --from and --to")
    if known_at is not None and known != (None, None):
        raise ValueError("--known-at stands for both: leave out --known-from and --known-to")
    if since is None and known_from is None:
        raise ValueError("name what to compare: --from DATE, or --at DATE with --known-from DATE")
    with reading(ctx, store) as trail:
        now = trail.now()
        later = trail.at(moments[1] or both or now, known[1] or knowing or now)
        found = trail.at(moments[0] or later.t, known[0] or knowing or now).diff(later)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _show(found, now)
    exit_if(exit_code, not found.is_nothing, FOUND)


def _show(found: Difference, now: datetime) -> None:
    sentence(f"{_asked(found, now)}: {_count(found)}")
    if found.deployments:
        sentence("")
        table(("because", "deployment"), ((positions(one.because), _deployment(one)) for one in found.deployments))
    if found.models:
        sentence("")
        table(("because", "model"), ((positions(one.because), _model(one)) for one in found.models))
    if len(found.facts) > FACTS_SHOWN:
        sentence(f"\n{len(found.facts):,} facts made the difference: --json lists them, and history those of one name")
    elif found.facts:
        sentence("\nthe facts that made the difference:")
        rows = ((str(one.position), minute(one.effective_at), _fact(one)) for one in found.facts)
        table(("position", "effective", "what"), rows)


def _fact(one: Ground) -> str:
    """What a fact is, and who said so."""
    known = f"known {minute(one.known_at)}" if one.known_at != one.effective_at else None
    return f"{one.type}: {listed([known, f'by {one.by}', one.why, cited(one.source)])}"


def _count(found: Difference) -> str:
    counts = [(len(found.deployments), "deployment"), (len(found.models), "model")]
    said = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts if count]
    if not said:
        return "nothing differs"
    return f"{' and '.join(said)} {'differs' if sum(count for count, _ in counts) == 1 else 'differ'}"


def _asked(found: Difference, now: datetime) -> str:
    """Which two moments, and whose knowledge of them."""
    at = [_moment(asked.at, now) for asked in (found.before, found.after)]
    known = [_moment(asked.known_at, now) for asked in (found.before, found.after)]
    moments, knowledge = (" and ".join(dict.fromkeys(both)) for both in (at, known))
    return moments if knowledge == "now" else f"{moments}, as known {knowledge}"


def _moment(at: datetime, now: datetime) -> str:
    return "now" if at == now else moment(at)


def _deployment(one: DeploymentDifference) -> Text:
    """One line for before and one for after, with no more of either than differs."""
    name = listed([named(one.deployment), one.owner, None if one.change == "changed" else one.change])
    before, after = (_side(answer, one) for answer in (one.before, one.after))
    if one.change == "appeared":
        return two_lines(name, f"is {after}")
    is_told_by_name = one.change == "gone" and one.before.possible
    return two_lines(name, f"was {before}" if is_told_by_name else f"was {before}\nis {after}")


def _side(answer: Serving, one: DeploymentDifference) -> str:
    if not answer.possible:
        return answer.status
    is_policy = one.change != "changed" or {"policy", "policy_effective"} & set(one.differs)
    since = f"since {minute(answer.since)}" if "since" in one.differs else None
    others = _OTHER if one.change == "changed" else {"sku": "sku"}
    cause = answer.cause if "cause" in one.differs else None
    rest = [f"{said} {getattr(answer, name) or 'none'}" for name, said in others.items() if name in one.differs]
    serves = f"{places(answer.possible)} ({certainty(answer)})"
    return listed([serves, since, cause, policy(answer) if is_policy else None, *rest])


def _model(one: ModelDifference) -> Text:
    change = None if one.change == "changed" else one.change
    return two_lines(listed([one.model, change]), "\n".join(_changes(one)))


def _changes(one: ModelDifference) -> Iterator[str]:
    if one.default_before != one.default_after:
        yield f"default: {_or_none(one.default_before)}, then {_or_none(one.default_after)}"
    if one.rules_before != one.rules_after and one.rules_before is not None:
        yield f"rules: {one.rules_before}, then {one.rules_after}"
    if one.offers_before != one.offers_after:
        yield f"offers: {_offers(one.offers_before)}, then {_offers(one.offers_after)}"
    yield from (_version(part) for part in one.versions)
    yield from (_date(part) for part in one.dates)


def _or_none(default: str | None) -> str:
    return "none" if default is None else default or "(no version)"


def _offers(offers: tuple[str, ...] | None) -> str:
    return "all" if offers is None else " ".join(offers) or "unspecified only"


def _version(one: VersionDifference) -> str:
    now, name = one.after, one.version or "(no version)"
    if now is None:
        return f"{name}: not known any more"
    said = [None if one.before is not None else "now known"]
    if "released_at" in one.differs:
        said.append(f"released {minute(now.released_at)}" if now.released_at else "not released")
    if "retired_at" in one.differs:
        said.append(f"retired {minute(now.retired_at)}" if now.retired_at else "not retired")
    if "stage" in one.differs and now.stage is not None:
        said.append(now.stage)
    if "listed" in one.differs and one.before is not None:
        said.append("listed" if now.listed else "unlisted")
    if "replacement" in one.differs:
        named_now = now.replacement
        said.append(
            version(f"then {named_now.to_model}", named_now.to_version or "") if named_now else "no replacement"
        )
    if "api_versions" in one.differs and now.api_versions:
        said.append(f"answers {' '.join(now.api_versions)}")
    return f"{name}: {listed(said)}"


def _date(one: DateDifference) -> str:
    name = listed([f"{one.version or '(no version)'}: {one.kind}{f' to {one.stage}' if one.stage else ''}", one.sku])
    return f"{name}: {_then(one.before)}, then {_then(one.after)}"


def _then(then: DateThen | None) -> str:
    return "nothing announced" if then is None else f"{moment(then.on) or 'no date'} {then.qualifier}"
