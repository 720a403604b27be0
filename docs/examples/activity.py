from datetime import datetime
from pydantic import BaseModel
from modeltrail import Projection
from modeltrail.domain.events import DeploymentEvent, leaves


class Activity(BaseModel, frozen=True):
    times: int
    last_at: datetime


activity = Projection(
    "activity", Activity, edition=1, question="Who touched each deployment how often?", key=("person", "deployment")
)


@activity.on(*leaves(DeploymentEvent), key=lambda event, fact: (fact.by, event.deployment))
def touched(row, event, fact):
    return Activity(times=(row.times if row else 0) + 1, last_at=fact.effective_at)
