"""How is what is to come told where people talk? As the body of a message, ready to be posted; nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from modeltrail.domain.values import instant_text
from modeltrail.phrases import coming, moment, printable
from modeltrail.projections.upcoming import Upcoming

_BLOCKS, _SIGNS = 50, 3_000
"""What Slack takes: so many blocks in a message, so many characters in the text of one."""


class Asked(NamedTuple):
    """What was asked: at which moment, as known when, until when."""

    at: datetime
    known_at: datetime
    until: datetime


def webhook(answers: Sequence[Upcoming], asked: Asked) -> dict[str, object]:
    """A message for anything that takes JSON: `text` for people, the moments, and each entry as `--json` prints it."""
    return {
        "text": "\n".join([_headline(answers, asked), *map(_line, answers)]),
        "at": instant_text(asked.at),
        "known_at": instant_text(asked.known_at),
        "until": instant_text(asked.until),
        "upcoming": [one.model_dump(mode="json") for one in answers],
    }


def slack(answers: Sequence[Upcoming], asked: Asked) -> dict[str, object]:
    """A message for Slack's incoming webhooks: a headline and one section an entry, and how many found no room."""
    headline = _headline(answers, asked)
    room = _BLOCKS - 2
    shown = answers if len(answers) <= room + 1 else answers[:room]
    blocks: list[dict[str, object]] = [{"type": "header", "text": {"type": "plain_text", "text": headline}}]
    blocks += [_section(f"*{_escaped(moment(one.on))}* {_escaped(coming(one))}", one.advice) for one in shown]
    if len(shown) < len(answers):
        blocks.append(_section(f"and {len(answers) - len(shown)} more: `modeltrail upcoming` lists them", None))
    return {"text": headline, "blocks": blocks}


def _headline(answers: Sequence[Upcoming], asked: Asked) -> str:
    until = moment(asked.until)[: len("2025-03-26")]
    if not answers:
        return f"Nothing is announced or due until {until}"
    overdue = sum("overdue" in one.flags for one in answers)
    ahead = len(answers) - overdue
    count = "1 thing" if ahead == 1 else f"{ahead or 'No'} things"
    late = f", {overdue} overdue" if overdue else ""
    return f"{count} to come until {until}{late}"


def _line(one: Upcoming) -> str:
    todo = f" ({one.advice})" if one.advice else ""
    return printable(f"{moment(one.on)} {coming(one)}{todo}")


def _section(text: str, advice: str | None) -> dict[str, object]:
    below = f"\n_{_escaped(advice)}_" if advice else ""
    return {"type": "section", "text": {"type": "mrkdwn", "text": f"{text}{below}"[:_SIGNS]}}


def _escaped(text: str) -> str:
    """Text that Slack shows as it is: names are never taken for links or mentions."""
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
