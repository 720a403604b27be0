"""What does `az cognitiveservices model list` show? The versions of each model: stage, default, dates, replacement.

One element of the list is one version of a model as Azure Resource Manager describes it: of a location, with all of it
under `model`, or of an account, with all of it at the top. It is repeated for each kind of account that may use it.
What the difference between two lists states is in `azure_model_differences`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, TypeVar

from modeltrail.domain.values import Qualifier, instant_text
from modeltrail.imports.azure_model_differences import (
    CREATED,
    DEFAULT,
    LEAD_DAYS,
    MODEL,
    NEVER,
    RETIRED,
    RETIREMENT,
    STAGE,
    TENTATIVE,
    TO_MODEL,
    TO_VERSION,
    UPGRADE_FROM,
    VERSION,
    differences,
    sku_field,
)
from modeltrail.imports.exports import Change, Export, Row, Stated, Unreadable
from modeltrail.imports.fields import instant_of, member, text_in
from modeltrail.problems import shown

_Meaning = TypeVar("_Meaning")
STAGES: Mapping[str | None, str] = {
    "Stable": "generally-available",
    "GenerallyAvailable": "generally-available",
    "Preview": "preview",
    "Legacy": "legacy",
    "Deprecating": "deprecated",
    "Deprecated": RETIRED,
}
"""What `lifecycleStatus` means (R9); what the API calls `Deprecated` the documents call retired."""
QUALIFIERS: Mapping[str | None, Qualifier] = {None: "fixed", "Planned": "fixed", "Tentative": "tentative"}
"""What `deprecationStatus` means (R13); absent or null is `fixed`."""
NEVER_FROM = 2099
"""A date in this year or later is a way to say never."""
_NO_DATE = 1
"""The year of the date that .NET writes where there is none."""
_LEAD_MOST = 36_500
_LONGEST = 1_000
"""How many characters a name may have."""


class AzureModels(Export):
    """The versions of all models of one place, which its list shows completely, such as `azure@swedencentral`."""

    name: ClassVar[str] = "azure-models"

    def __init__(self, catalogue: str) -> None:
        super().__init__(catalogue, (catalogue,))

    def read(self, item: object) -> Row:
        """One version of a model; `deprecation.fineTune` retires nothing and is not read. Raises Unreadable."""
        path = ("model",) if isinstance(item, dict) and "model" in item else ()
        # A deployment or an account has a name of its own, and tells the rest here.
        if not path and isinstance(item, dict) and "properties" in item:
            raise Unreadable("it has properties, as no model has: give a list of models")
        try:
            model, version = self._model(item, *path, "name"), text_in(item, *path, "version") or ""
        except ValueError as error:
            raise Unreadable(str(error)) from None
        if model is None:
            raise Unreadable(f"{_field(*path, 'name')} is missing: fetch the list again, with all fields")
        key = self._key(model, version)
        try:
            fields = {MODEL: model, VERSION: version, **dict(self._shown(item, path))}
        except ValueError as error:
            raise Unreadable(str(error), key, self.catalogue) from None
        return Row(key, self.catalogue, f"model/{model}", fields)

    def _model(self, item: object, *path: str) -> str | None:
        """The full name of a model that a field names, null where it is missing. Raises ValueError."""
        name = text_in(item, *path)
        return None if name is None else _storable(f"{self.catalogue}/{name}", *path)

    def _key(self, model: str, version: str) -> str:
        """What names a version: the first @ behind the slash ends the name, where it is escaped. Raises Unreadable."""
        catalogue, _, name = model.partition("/")
        escaped = name.replace("%", "%25").replace("@", "%40")
        try:
            return _storable(f"{catalogue}/{escaped}@{version}", "name and version")
        except ValueError as error:
            raise Unreadable(str(error)) from None

    def _shown(self, item: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        status = text_in(item, *path, "lifecycleStatus")
        if status is not None:
            yield STAGE, _known(STAGES, status, *path, "lifecycleStatus")
        is_default = member(item, *path, "isDefaultVersion")
        if not (is_default is None or isinstance(is_default, bool)):
            raise ValueError(f"{_field(*path, 'isDefaultVersion')}: {shown(is_default)} should be true or false")
        if is_default:
            yield DEFAULT, "true"
        yield from _retirements(item, path)
        yield from self._replacement(item, (*path, "replacementConfig"))
        created = _date(instant_of(item, *path, "systemData", "createdAt"))
        if created is not None:
            yield CREATED, instant_text(created)

    def _replacement(self, item: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """What takes the place of the version, in the same catalogue; without a model it says nothing."""
        model = self._model(item, *path, "targetModelName")
        version = text_in(item, *path, "targetModelVersion")
        upgrade_from = _date(instant_of(item, *path, "autoUpgradeStartDate"))
        lead_days = _lead_days(item, *path, "upgradeOnExpiryLeadTimeDays")
        if model is None:
            return
        yield TO_MODEL, model
        if version is not None:
            yield TO_VERSION, version
        if upgrade_from is not None and upgrade_from.year < NEVER_FROM:
            yield UPGRADE_FROM, instant_text(upgrade_from)
        if lead_days is not None:
            yield LEAD_DAYS, str(lead_days)

    def merged(self, first: Row, second: Row) -> Row:
        """One row of the same version under two kinds: what only one of them says counts, as does any default flag.

        It was released when the first of them was. Raises Unreadable where they contradict each other otherwise.
        """
        created = [row.shown[CREATED] for row in (first, second) if CREATED in row.shown]
        agreed = {CREATED: min(created, key=datetime.fromisoformat)} if created else {}
        one = {**second.shown, **first.shown, **agreed}
        other = {**first.shown, **second.shown, **agreed}
        return super().merged(
            Row(first.key, first.scope, first.stream, one), Row(first.key, first.scope, first.stream, other)
        )

    def differences(self, change: Change) -> Iterator[Stated]:
        """What the difference between two sights of a version states.

        A default flag that goes away states nothing by itself, as two lists may contradict each other (R10): the
        default is another one as soon as another version has the flag.
        """
        return differences(change)


def _retirements(item: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The dates of the retirement, in general and for each SKU that has one (R14)."""
    status = text_in(item, *path, "deprecation", "deprecationStatus")
    qualifier = _known(QUALIFIERS, status, *path, "deprecation", "deprecationStatus")
    general = _retirement(instant_of(item, *path, "deprecation", "inference"), qualifier)
    if general is not None:
        yield RETIREMENT, general
    of_skus: dict[str, str] = {}
    for sku, date in _sku_dates(item, *path, "skus"):
        retirement = _retirement(date, qualifier)
        if retirement is not None and of_skus.setdefault(sku, retirement) != retirement:
            raise ValueError(
                f"{_field(*path, 'skus')}: it states two dates for {shown(sku)}: ask the source which one is right"
            )
    for sku, retirement in of_skus.items():
        yield sku_field(sku), retirement


def _sku_dates(item: object, *path: str) -> Iterator[tuple[str, datetime | None]]:
    """Each SKU with the date on which it is retired."""
    skus = member(item, *path)
    if not (skus is None or isinstance(skus, list)):
        raise ValueError(f"{_field(*path)}: {shown(skus)} is no JSON list: fetch the list again, with all fields")
    for number, sku in enumerate(skus or ()):
        place = f"{_field(*path)}[{number}]"
        name, date = text_in({place: sku}, place, "name"), instant_of({place: sku}, place, "deprecationDate")
        if name is None:
            raise ValueError(f"{place}.name is missing: fetch the list again, with all fields")
        _storable(sku_field(name), place, "name")
        yield name, date


def _retirement(date: datetime | None, qualifier: Qualifier) -> str | None:
    """The text of a retirement: its date, with how firm it is, or never; null where no date is stated."""
    date = _date(date)
    if date is None:
        return None
    if date.year >= NEVER_FROM:
        return NEVER
    return f"{TENTATIVE} {instant_text(date)}" if qualifier == TENTATIVE else instant_text(date)


def _date(moment: datetime | None) -> datetime | None:
    """A date, null for the one that stands for none."""
    return None if moment is None or moment.year == _NO_DATE else moment


def _lead_days(item: object, *path: str) -> int | None:
    days = member(item, *path)
    if days is None:
        return None
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= _LEAD_MOST:
        raise ValueError(f"{_field(*path)}: {shown(days)} should be a whole number of days from 0 to {_LEAD_MOST}")
    return days


def _known(meanings: Mapping[str | None, _Meaning], word: str | None, *path: str) -> _Meaning:
    """What a word means. Raises ValueError for one that nobody knows."""
    if word not in meanings:
        known = ", ".join(meaning for meaning in meanings if meaning)
        raise ValueError(
            f"{_field(*path)}: {shown(word)} is unknown, it should be one of {known}: record by hand what it means"
        )
    return meanings[word]


def _storable(name: str, *path: str) -> str:
    """A name that is short enough to be stored. Raises ValueError."""
    if len(name) > _LONGEST - len("model/"):
        raise ValueError(f"{_field(*path)}: {shown(name)} is too long to be a name: ask the source what it is")
    return name


def _field(*path: str) -> str:
    return ".".join(path)
