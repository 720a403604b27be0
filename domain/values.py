"""Which values do facts consist of? Names, versions, moments, policies, stages and the rules in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

Policy = Literal["auto-update", "upgrade-when-expired", "manual", "unspecified"]
"""The update policy of a deployment (R17)."""
Stage = Literal["preview", "generally-available", "legacy", "deprecated"]
"""The lifecycle stage of a version (R9)."""
Qualifier = Literal["fixed", "no-earlier-than", "tentative"]
"""How firm an announced date is (R13)."""
RunBy = Literal["provider", "engine"]
"""Who runs a model or a deployment: what is recorded is then a statement or a decision (R7)."""
Sighted = Literal["serving", "stopped"]
"""What an observation says of a deployment."""
Mode = Literal["statement", "decision", "execution"]
"""How a fact came about: stated by somebody else, decided by a person, executed by the engine (R7)."""

MICROSECOND = timedelta(microseconds=1)
"""The resolution of time: a moment is one of them."""


def parse_instant(value: object) -> object:
    """Read an ISO 8601 text as a moment; a day without an hour is its 00:00Z (R5). Other values pass through."""
    if isinstance(value, int | float):
        raise ValueError(f"{value!r} is no date: write 2025-03-26 or 2025-03-26T14:00:00Z")
    if not isinstance(value, str):
        return value
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is no date: write 2025-03-26 or 2025-03-26T14:00:00Z") from None
    is_day = len(value) <= len("2025-03-26")
    return parsed.replace(tzinfo=UTC) if is_day else parsed


def to_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive one, which could mean any of 24 hours (R5)."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: add Z for UTC, or an offset such as +02:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} lies outside of the years 1 to 9999: correct it") from None


def instant_text(moment: datetime) -> str:
    """The one text form of a moment: UTC with `Z`, a fraction of six digits only where there is one.

    >>> instant_text(datetime(2025, 3, 26, 14, tzinfo=UTC))
    '2025-03-26T14:00:00Z'
    """
    return moment.isoformat().removesuffix("+00:00") + "Z"


def _plain_text(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError(f"{value!r} has control characters or outer spaces: remove them")
    return value


_common_text = lru_cache(maxsize=1_024)(_plain_text)
"""The same for texts of which there are few: nearly every fact repeats one that was looked at before."""


@lru_cache(maxsize=1_024)
def _model_name(value: str) -> str:
    catalogue, slash, name = _plain_text(value).partition("/")
    if not slash:
        return f"default/{value}"
    if not catalogue or not name:
        raise ValueError(f"{value!r} is no model name: write catalogue/name, such as azure-openai/gpt-4o")
    return value


def as_recorded(value: str) -> str:
    """The name of a deployment as it is recorded: an ARM id folds case (R3). Raises ValueError for what is no name."""
    lower = _plain_text(value).lower()
    return lower if lower.startswith("/subscriptions/") else value


def _encodable(value: object) -> object:
    try:
        str(value).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("the text holds half of a surrogate pair and cannot be stored: repair its encoding") from None
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    AfterValidator(to_utc),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
]
"""A moment in UTC; naive ones are refused (R5)."""
_Filled = Annotated[str, Field(min_length=1, max_length=1000)]
Name = Annotated[_Filled, AfterValidator(_common_text)]
"""A printable, non-empty text of at most 1,000 characters."""
ModelName = Annotated[_Filled, AfterValidator(_model_name)]
"""`catalogue/name`; without a slash the catalogue is `default` (R1)."""
DeploymentName = Annotated[_Filled, AfterValidator(as_recorded)]
"""Its owner's name, or an ARM id, which folds case (R3)."""
Version = Annotated[str, Field(max_length=1000), AfterValidator(_common_text)]
"""Opaque and case-sensitive; empty only where a model has no named versions (R2)."""
Text = Annotated[str, Field(max_length=100_000), BeforeValidator(_encodable)]
"""Free text that UTF-8 can hold."""
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal digits."""
Days = Annotated[int, Field(ge=0, le=36_500)]
"""A whole number of days of 24 hours (R5)."""
Positions = tuple[Annotated[int, Field(ge=1, lt=2**53)], ...]
"""Places in the log, counted from 1."""


def catalogue_of(model: str) -> str:
    """The catalogue of a full model name (R1).

    >>> catalogue_of("azure@swedencentral/gpt-4o")
    'azure@swedencentral'
    """
    return model.partition("/")[0]


def named(deployment: str) -> str:
    """A deployment as people name it: of an ARM id the account and what follows it, which names it as well.

    >>> named("/subscriptions/s/resourcegroups/rg/providers/microsoft.cognitiveservices/accounts/eu/deployments/chat")
    'eu/deployments/chat'
    """
    before, _, after = deployment.rpartition("/accounts/")
    return after if before.startswith("/subscriptions/") else deployment


def is_provisioned(sku: str | None) -> bool:
    """Whether a SKU is one of reserved capacity: its name contains `Provisioned` (R14).

    >>> is_provisioned("GlobalProvisionedManaged"), is_provisioned("GlobalStandard"), is_provisioned(None)
    (True, False, False)
    """
    return sku is not None and "Provisioned" in sku


class Rules(BaseModel):
    """The rules in force for a model (R46): a value with an id, recorded with the model, never changed afterwards.

    Days are of 24 hours. `notice_days`: the least notice of a default change (R11). `rollout_days`: how long a provider
    takes to carry a change out (R19). `lead_days`: how long before a fixed retirement the upgrades begin (R20).
    `unspecified`: what no stated policy means (R22). `preview_delay_days`: how long after its release a newer preview
    replaces an older one, null for never (R24). `provisioned`: whether reserved capacity is ever moved (R23).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name
    notice_days: Days = 14
    rollout_days: Days = 0
    lead_days: Days = 0
    unspecified: Literal["manual", "upgrade-when-expired"] = "manual"
    preview_delay_days: Days | None = 14
    provisioned: Literal["never-moved", "as-others"] = "as-others"

    @model_validator(mode="after")
    def _published_ids_are_taken(self) -> Rules:
        published = PUBLISHED_RULES.get(self.id)
        if published is not None and self != published:
            raise ValueError(f"the id {self.id!r} belongs to published rules with other values: choose another id")
        return self

    @model_serializer(mode="wrap")
    def _with_never(self, serialize: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Null means never here, so it is said even where what was not given is left out."""
        fields: dict[str, object] = serialize(self)
        return {**fields, "preview_delay_days": self.preview_delay_days}

    @property
    def notice(self) -> timedelta:
        """The least notice of a default change."""
        return timedelta(days=self.notice_days)

    @property
    def rollout(self) -> timedelta:
        """How long a change takes to reach every deployment."""
        return timedelta(days=self.rollout_days)


PUBLISHED_RULES: dict[str, Rules] = {}
PUBLISHED_RULES["engine"] = Rules(id="engine")
PUBLISHED_RULES["azure-openai"] = Rules(
    id="azure-openai", rollout_days=14, unspecified="upgrade-when-expired", provisioned="never-moved"
)
PUBLISHED_RULES["azure-foundry"] = Rules(
    id="azure-foundry", notice_days=0, rollout_days=14, unspecified="manual", provisioned="never-moved"
)


def rules_named(rules: str | Rules) -> Rules:
    """The rules themselves, or the published ones of that id. Raises ValueError for an unknown id."""
    if isinstance(rules, Rules):
        return rules
    if rules not in PUBLISHED_RULES:
        known = ", ".join(sorted(PUBLISHED_RULES))
        raise ValueError(f"no rules are published as {rules!r}: use one of {known}, or give an object with an id")
    return PUBLISHED_RULES[rules]


def usual_rules(model: str) -> Rules:
    """The rules of a model that nobody registered, by its catalogue: Azure's for Azure's, else the engine's.

    >>> [usual_rules(model).id for model in ("azure@westeurope/o3", "azure-foundry/o3", "acme/chat")]
    ['azure-openai', 'azure-foundry', 'engine']
    """
    catalogue = catalogue_of(model)
    if catalogue in PUBLISHED_RULES:
        return PUBLISHED_RULES[catalogue]
    return PUBLISHED_RULES["azure-openai" if catalogue.startswith("azure@") else "engine"]
