from contextlib import asynccontextmanager

from fastapi import Body, FastAPI, Header, responses
from modeltrail import Conflict, Move, Postpone, Refused, Trail
from modeltrail.domain.values import Instant, Policy

backends, freezes, routes, made = {"v1": "http://blue", "v2": "http://green"}, {}, {}, {}  # in your gateway


def switch(move: Move) -> Postpone | None:
    if move.deployment in freezes:
        return Postpone(freezes[move.deployment], why="change freeze")
    if move.id not in made:  # else this is asked again, after a crash; without a backend (KeyError) the move has failed
        made[move.id] = routes[move.deployment] = None if move.to.is_stopped else backends[move.to.version]
    return None


@asynccontextmanager
async def lifespan(app: FastAPI):
    with Trail.open("sqlite:///audit.db") as app.state.trail:
        app.state.trail.on_move(switch)
        yield


app = FastAPI(lifespan=lifespan)
app.exception_handler(Refused)(lambda _, error: responses.JSONResponse({"detail": str(error)}, 409))
app.exception_handler(Conflict)(lambda _, error: responses.JSONResponse({"detail": str(error)}, 503))


@app.post("/deployments/{name}/policy")
def change_policy(name: str, policy: Policy = Body(embed=True), by: str = Header(), idempotency_key: str = Header()):
    with app.state.trail.record(by=by, command_id=idempotency_key) as rec:
        rec.deployment(name).change_policy(policy)
    return [{"position": fact.position, "type": fact.event.type, "data": fact.event.data()} for fact in rec.facts]


@app.get("/deployments/{name}")
def serving(name: str, at: Instant | None = None, known_at: Instant | None = None):
    return app.state.trail.at(at, known_at).serving(name)
