"""What do the pages of a report say in other words than the command line? What its headings have said already is left
out."""

from __future__ import annotations

from modeltrail import phrases
from modeltrail.report.addresses import file_name
from modeltrail.report.fleet import Line


def serves(line: Line) -> str:
    """What a deployment serves, below the name of its model."""
    answer = line.serving
    if not answer.possible:
        return answer.status
    home = all(one.model in (line.model, None) for one in answer.possible)
    words = [one.version if one.status == "serving" and one.version else "" for one in answer.possible]
    stopped = ["stopped" if one.status == "stopped" else "" for one in answer.possible]
    short = " or ".join(word or stop or "(no version)" for word, stop in zip(words, stopped, strict=True))
    return f"{short if home else phrases.places(answer.possible)}, {phrases.certainty(answer)}"


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


def anchor(model: str) -> str:
    """The place of a model within a page."""
    return f"model-{file_name(model).removesuffix('.html')}"
