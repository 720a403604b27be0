"""Which projections come with the library?"""

from __future__ import annotations

from typing import Any

from modeltrail.projections.announcements import announcements
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import models
from modeltrail.projections.projection import Projection

ALL: tuple[Projection[Any], ...] = (models, deployments, announcements)
