"""How do answers become pages? The templates, with the words of the command line; stored text is never mark-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modeltrail import __version__, phrases
from modeltrail.domain.values import instant_text
from modeltrail.report import addresses, words

if TYPE_CHECKING:
    from jinja2 import Environment

_WORDS = {
    "named": phrases.named,
    "minute": phrases.minute,
    "moment": phrases.moment,
    "instant": instant_text,
    "places": phrases.places,
    "positions": phrases.positions,
    "certainty": phrases.certainty,
    "policy_of": phrases.policy,
    "done_by": phrases.done_by,
    "stage": phrases.stage,
    "end_of": phrases.end_of,
    "version": phrases.version,
    "sentence": phrases.sentence,
    "what_comes": phrases.what_comes,
    "stated": phrases.stated,
    "confirmed": phrases.confirmed,
    "moved": words.moved,
    "noticed": words.noticed,
    "moved_times": words.moved_times,
    "deployment_page": addresses.deployment_page,
    "model_page": addresses.model_page,
    "offered": addresses.offered,
    "numbered": addresses.numbered,
    "release": __version__,
}


def templates() -> Environment:
    """The templates. Raises ValueError, with the way out, where Jinja is not installed."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise ValueError("a report needs Jinja: pip install 'modeltrail[report]'") from None
    found = Environment(
        loader=PackageLoader("modeltrail", "report/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    found.globals.update(_WORDS)
    return found


def _shown(value: Any) -> Any:
    """Nothing for null; what does not print, or would turn the text around, as an escape."""
    if value is None:
        return ""
    return phrases.printable(value) if type(value) is str else value
