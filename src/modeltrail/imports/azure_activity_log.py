"""What does `az monitor activity-log list` show? Who changed or deleted a deployment, and when.

One element of the list is one record of an operation: that it was started, accepted, has succeeded or has failed. It
names the deployment by its ARM id, which folds case (R3). What was changed it does not say in a way that one can rely
on; what the deployment is like before and after is seen in the exports of its account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Literal

from modeltrail.domain.events import ChangeLogged
from modeltrail.domain.values import instant_text
from modeltrail.imports.azure_deployments import CATALOGUE, deployment_id
from modeltrail.imports.exports import Change, Export, Row, Stated, Unreadable
from modeltrail.imports.fields import instant_of, member, storable, text_in

Operation = Literal["write", "delete"]
_OPERATION = re.compile(r"microsoft\.cognitiveservices/accounts/deployments/(write|delete)", re.IGNORECASE)
_STATUSES: Mapping[str, str] = {name.lower(): name for name in ("Started", "Accepted", "Succeeded", "Failed")}
"""The words for how far an operation has come, by the same in lower case; others are kept as they are."""


class AzureActivityLog(Export):
    """The records of changes of deployments, each of which is shown once or more, by its id."""

    name: ClassVar[str] = "azure-activity-log"
    is_complete: ClassVar[bool] = False

    def __init__(self, catalogue: str = CATALOGUE) -> None:
        super().__init__(catalogue)

    def read(self, item: object) -> Row | None:
        """One record; null for one that is not about a deployment. Raises Unreadable."""
        try:
            operation = _operation(item)
            if operation is None:
                return None
            key = f"{self.name}/{_named(item)}"
        except ValueError as error:
            raise Unreadable(str(error)) from None
        try:
            deployment, _ = deployment_id(item, "resourceId")
            logged_at = instant_of(item, "eventTimestamp")
            if logged_at is None:
                raise ValueError("eventTimestamp is missing: fetch the log again, with all fields")
            shown = {"deployment": deployment, "operation": operation, "at": instant_text(logged_at)} | dict(
                _told(item)
            )
        except ValueError as error:
            raise Unreadable(str(error), key, self.name) from None
        return Row(key, self.name, f"deployment/{deployment}", shown, since=logged_at)

    def differences(self, change: Change) -> Iterator[Stated]:
        """What a record states when it is shown first; shown again it states nothing."""
        if change.before is not None or change.after is None:
            return
        shown = change.after
        event = ChangeLogged(
            deployment=shown["deployment"],
            entry=change.key.removeprefix(f"{self.name}/"),
            operation="delete" if shown["operation"] == "delete" else "write",
            status=shown["status"],
            caller=shown.get("caller"),
            correlation=shown.get("correlation"),
            submitted_at=_moment(shown.get("submitted_at")),
        )
        yield Stated(event, _moment(shown["at"]))


def _operation(item: object) -> Operation | None:
    """What was done to a deployment, null where the record is about something else. Raises ValueError."""
    name = _word(item, "operationName")
    found = _OPERATION.fullmatch(name)
    if found is None:
        return None
    return "delete" if found[1].lower() == "delete" else "write"


def _named(item: object) -> str:
    """The id of a record, in lower case."""
    entry = text_in(item, "eventDataId")
    if entry is None:
        raise ValueError("eventDataId is missing: fetch the log again, with all fields")
    return storable(entry.lower(), AzureActivityLog.name + "/", "eventDataId")


def _told(item: object) -> Iterator[tuple[str, str]]:
    """How far the operation had come, who asked for it, which one it was, and when the log could show it."""
    status = _word(item, "status")
    yield "status", _STATUSES.get(status.lower(), status)
    caller = text_in(item, "caller")
    if caller is not None:
        yield "caller", caller
    correlation = text_in(item, "operationId") or text_in(item, "correlationId")
    if correlation is not None:
        yield "correlation", correlation
    submitted_at = instant_of(item, "submissionTimestamp")
    if submitted_at is not None:
        yield "submitted_at", instant_text(submitted_at)


def _word(item: object, field: str) -> str:
    """A field that is a text, or an object with the text as its `value`. Raises ValueError where it is missing."""
    value = member(item, field)
    word = text_in(item, field, "value") if isinstance(value, dict) else text_in(item, field)
    if word is None:
        raise ValueError(f"{field} is missing: fetch the log again, with all fields")
    return word


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
