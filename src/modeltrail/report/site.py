"""Which pages has a report, and what stands on each? The fleet, each deployment, each model, what is to come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from modeltrail.knowledge import Knowledge
from modeltrail.moment import Moment
from modeltrail.projections.timeline import TONES, timeline
from modeltrail.report import drawing, words
from modeltrail.report.addresses import deployment_page, model_page, numbered
from modeltrail.report.fleet import Fleet, Line, Sheet, chunks
from modeltrail.report.folder import MARK, Pages, put_in_place
from modeltrail.report.summary import ReportSummary
from modeltrail.report.templates import templates

FLEET_LINES, LIST_LINES, COMING_LINES = 100, 500, 8
"""How many lines a page has at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the deployments of a model begin in the timeline of the fleet, and how many they are."""

    page: str
    count: int


def write_report(moment: Moment, knowledge: Knowledge, folder: Path, days: int) -> ReportSummary:
    """Write the report of a moment into a folder (`Moment.report`)."""
    found = templates()
    fleet = Fleet(moment, knowledge, days)
    with put_in_place(folder) as pages:
        return _Site(fleet, knowledge, found, pages).write(folder)


class _Site:
    """The pages, written one by one."""

    def __init__(self, fleet: Fleet, knowledge: Knowledge, found: Any, pages: Pages) -> None:
        self._fleet, self._templates, self._pages = fleet, found, pages
        checkpoint = knowledge.ledger.checkpoint()
        menu = [(numbered("fleet", 1), "Fleet"), (numbered("register", 1), "Deployments")]
        menu += [(numbered("models", 1), "Models"), (numbered("upcoming", 1), "Upcoming")]
        menu += [(numbered("conformance", 1), "Conformance")]
        self._shared = {"fleet": fleet, "log": checkpoint, "menu": menu}
        self._lines: list[Line] = []

    def write(self, folder: Path) -> ReportSummary:
        for line in self._fleet.lines():
            self._write_deployment(line)
            self._lines.append(line.brief())
        self._lines.sort(key=lambda line: (line.model, line.name))
        places = self._places()
        sheets = list(self._fleet.sheets(places))
        self._write_fleet()
        self._write_register()
        self._page("models.html", "models.html", "Models", sheets=sheets, places_of=places)
        self._write_list("upcoming", "Upcoming", self._fleet.upcoming)
        self._write_list("conformance", "Conformance", self._fleet.conformance.breaches)
        for sheet in sheets:
            self._write_model(sheet, places.get(sheet.model))
        for name in ("report.css", "report.js"):
            self._pages.write(name, (files("modeltrail") / "report" / name).read_text(encoding="utf-8"))
        summary = self._summary(folder, len(sheets))
        kept = summary.model_dump(mode="json", exclude={"folder"})
        self._pages.write(MARK, json.dumps(kept, indent=2) + "\n")
        return summary

    def _page(self, path: str, template: str, here: str, **told: Any) -> None:
        root = "../" * path.count("/")
        page = self._templates.get_template(template)
        self._pages.write(path, page.render(**self._shared, here=here, root=root, **told))

    def _places(self) -> dict[str, Place]:
        """Where each model begins in the timeline of the fleet."""
        found: dict[str, Place] = {}
        for number, part in enumerate(chunks(self._lines, FLEET_LINES), start=1):
            for line in part:
                if not line.model:
                    continue
                before = found.get(line.model) or Place(f"{numbered('fleet', number)}#{words.anchor(line.model)}", 0)
                found[line.model] = replace(before, count=before.count + 1)
        return found

    def _write_fleet(self) -> None:
        fleet, until = self._fleet, self._fleet.moment.t
        first = min((line.segments[0].since for line in self._lines), default=until)
        since, parts = timeline((), until, first).since, chunks(self._lines, FLEET_LINES)
        for number, lines in enumerate(parts, start=1):
            self._page(
                numbered("fleet", number),
                "fleet.html",
                "Fleet",
                number=number,
                count=len(parts),
                lines=lines,
                since=since,
                dates=drawing.axis(since, until),
                tones=drawing.legend(TONES),
                row=lambda line: drawing.row(line, since, until, fleet.hue),
                serves=words.serves,
                anchor=words.anchor,
                counts=self._counts() if number == 1 else (),
                coming=[one for one in fleet.upcoming if one.deployment is not None][:COMING_LINES],
            )

    def _counts(self) -> list[tuple[str, int, bool]]:
        """How many deployments are how sure, and how much is overdue: whatever should catch the eye with true."""
        existing = [line.serving for line in self._lines if line.serving.status != "deleted"]
        stopped = [one for one in existing if one.status == "stopped"]
        serving = [one.certainty for one in existing if one.status != "stopped"]
        return [
            ("deployments", len(existing), False),
            ("recorded or observed", sum(one in ("recorded", "observed") for one in serving), False),
            ("assumed", serving.count("assumed"), False),
            ("in a window", serving.count("window"), False),
            ("stopped", len(stopped), True),
            ("to come", len(self._fleet.upcoming), False),
            ("overdue", sum("overdue" in one.flags for one in self._fleet.upcoming), True),
            ("breaches", len(self._fleet.conformance.breaches), True),
        ]

    def _write_register(self) -> None:
        parts = chunks(sorted(self._lines, key=lambda line: line.name), LIST_LINES)
        ranges = [(part[0].name, part[-1].name) for part in parts if part]
        for number, lines in enumerate(parts, start=1):
            self._page(
                numbered("register", number),
                "register.html",
                "Deployments",
                number=number,
                count=len(parts),
                lines=lines,
                ranges=ranges,
            )

    def _write_list(self, name: str, here: str, found: Sequence[Any]) -> None:
        """The pages of a long list."""
        parts = chunks(found, LIST_LINES)
        for number, entries in enumerate(parts, start=1):
            page = numbered(name, number)
            self._page(page, f"{name}.html", here, number=number, count=len(parts), entries=entries)

    def _write_deployment(self, line: Line) -> None:
        fleet, until = self._fleet, self._fleet.moment.t
        drawn = timeline(line.segments, until)
        self._page(
            deployment_page(line.name),
            "deployment.html",
            "",
            line=line,
            fields=words.fields(line),
            lanes=drawing.lanes(line, until, fleet.hue),
            dates=drawing.axis(drawn.since, until),
            tones=drawing.legend(drawn.tones()),
            moves=fleet.moves(line),
            coming=fleet.coming_for.get(line.name, ()),
            breaches=fleet.breaches_for.get(line.name, ()),
            notice=fleet.notice_for.get(line.name, ()),
        )

    def _write_model(self, sheet: Sheet, place: Place | None) -> None:
        fleet, model = self._fleet, sheet.model
        self._page(
            model_page(model),
            "model.html",
            "",
            sheet=sheet,
            place=place,
            coming=fleet.coming_of.get(model, ()),
            breaches=fleet.breaches_of.get(model, ()),
            moved_dates=fleet.moved_dates_of.get(model, ()),
        )

    def _summary(self, folder: Path, models: int) -> ReportSummary:
        moment = self._fleet.moment
        return ReportSummary(
            folder=str(folder),
            at=moment.t,
            known_at=moment.known_at,
            within_days=self._fleet.days,
            deployments=len(self._lines),
            models=models,
            upcoming=len(self._fleet.upcoming),
            pages=self._pages.count,
            bytes=self._pages.size,
        )
