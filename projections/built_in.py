"""Which projections come with the library?"""

from __future__ import annotations

from typing import Any

from modeltrail.projections.announcements import announcements
from modeltrail.projections.changes import changes
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import models
from modeltrail.projections.policies import policies
from modeltrail.projections.projection import Projection
from modeltrail.projections.sightings import sightings
from modeltrail.projections.tests import tests

ALL: tuple[Projection[Any], ...] = (models, deployments, announcements, policies, sightings, tests, changes)
