"""What do the pages of a report say in other words than the command line? What its headings have said already is left
out."""

from __future__ import annotations

from modeltrail import phrases
from modeltrail.projections.conformance import MovedDates
from modeltrail.projections.notice import MoveNotice
from modeltrail.report.addresses import file_name
from modeltrail.report.fleet import Line


def serves(line: Line) -> str:
    """What a deployment serves, below the name of its model."""
    answer = line.serving
    return " or ".join(phrases.lanes(answer.possible)) or answer.status


def fields(line: Line) -> list[tuple[str, str]]:
    """What else there is to say of a deployment, as far as it says something."""
    answer = line.serving
    found = {
        "SKU": answer.sku,
        "API version": answer.api_version,
        "Run by": answer.run_by,
        "Incarnation": str(answer.incarnation) if answer.incarnation > 1 else None,
        "Stopped because": answer.stopped_because,
        "Flags": ", ".join(answer.flags),
        "Done by": ", ".join(answer.logged_by),
    }
    return [(name, value) for name, value in found.items() if value]


def noticed(one: MoveNotice) -> str:
    """A move or stop of which notice was given, or not."""
    to = "" if one.to_model is None else phrases.target(one.left_model, one.to_model, one.to_version)
    return f"{one.kind} from {phrases.version(one.left_model, one.left_version)}{to}, {one.cause}, {one.certainty}"


def moved(one: MovedDates) -> str:
    """All dates of one thing, in the order in which they were said."""
    return "; ".join(f"{phrases.moment(said.on) or 'no date'} {said.qualifier}" for said in one.said)


def moved_times(one: MovedDates) -> str:
    """How often a date was moved, and by how much in all."""
    later = f"{one.later} later" if one.later else None
    earlier = f"{one.earlier} earlier" if one.earlier else None
    return phrases.listed([later, earlier, f"{one.days:+d} days in all"])


def anchor(model: str) -> str:
    """The place of a model within a page."""
    return f"model-{file_name(model).removesuffix('.html')}"
