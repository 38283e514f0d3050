"""The API for officers: sign in, list, look, act. What may be done to a record comes from the desks' acts."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from stopline.console.desks import Centre
from stopline.console.looks import log_list, log_record, reader
from stopline.console.retries import Again, Retry
from stopline.console.scope import bounds, may_read, require_reader, require_sight, sees
from stopline.kernel.actors import PUBLIC
from stopline.kernel.clock import instant
from stopline.kernel.errors import BadField, NotFound, PowerMissing, WrongState
from stopline.kernel.ledger import Ledger, Record
from stopline.law.acts import NEW, Act, parse_body
from stopline.law.organisation import Signer
from stopline.law.reads import asked_values
from stopline.screening.records import Verdict
from stopline.stores.history import history_of

_PAGE_MOST = 500
_DIGITS_MOST = 18  # more do not fit into 64 bits
_FILTERS_NOT = {"limit", "after", "order"}


class NotSignedIn(PowerMissing):
    """There is no live session behind the request. Sign in again."""

    says = "not signed in, or the session has ended"
    http_status = 401


def staff_api(centre: Centre) -> APIRouter:
    """Return the routes under /api/v1 that officers use."""
    router = APIRouter(prefix="/api/v1", tags=["staff"])
    for doors in (session_doors, reading_doors, explaining_door, acting_doors):
        router.include_router(doors(centre))
    return router


def session_doors(centre: Centre) -> APIRouter:
    """Return the doors for signing in and out."""
    router = APIRouter()

    @router.post("/session")
    def begin(request: Request, body: Annotated[dict[str, Any], Body()]) -> Response:
        login, password, code = (str(body.get(name, "")) for name in ("login", "password", "code"))
        address = request.client.host if request.client else ""
        with centre.store.act(PUBLIC) as ledger:
            began = centre.accounts.sign_in(ledger, login, password, code, ledger.at, address)
        if began is None:
            raise NotSignedIn
        return reply({"token": began[0], "ends_at": began[1].ends_at, "officer_id": began[1].officer_id})

    @router.delete("/session")
    def finish(authorization: Annotated[str | None, Header()] = None) -> Response:
        with centre.store.act(PUBLIC) as ledger:
            centre.accounts.sign_out(ledger, bearer(authorization))
        return reply({"ended": True})

    return router


def reading_doors(centre: Centre) -> APIRouter:
    """Return the doors for lists and pages of records; each read is logged with its hand."""
    router = APIRouter()

    @router.get("/{kind}")
    def rows(
        request: Request,
        kind: str,
        authorization: Annotated[str | None, Header()] = None,
        limit: Annotated[int, Query(ge=1, le=_PAGE_MOST)] = 100,
        after: str | None = None,
        purpose: Annotated[str | None, Header()] = None,
    ) -> Response:
        record_type = kind_of(centre, kind)
        equal = read_filters(record_type, dict(request.query_params))
        newest = request.query_params.get("order") == "newest"
        with centre.store.read(PUBLIC) as ledger:
            signer = signer_of(centre, ledger, authorization)
            require_reader(signer, kind)
            within = {**equal, **bounds(signer, record_type)}
            found = ledger.find(record_type, limit=limit, after=after, newest_first=newest, where=within)
            session = centre.accounts.session(ledger, bearer(authorization), ledger.at)
            stale = session is not None and centre.accounts.stale(session, ledger.at)
        mine = [record for record in found if sees(signer, record)]
        if mine or stale or asked_values(kind, equal):
            with centre.store.act(reader(signer, purpose)) as ledger:
                if stale:
                    centre.accounts.touch(ledger, bearer(authorization))
                log_list(centre, ledger, signer, (kind, len(mine)), filters=equal)
        following = found[-1].id if len(found) == limit else None
        return reply({"rows": mine, "next": following})

    @router.get("/{kind}/{record_id}")
    def one(
        kind: str,
        record_id: str,
        authorization: Annotated[str | None, Header()] = None,
        purpose: Annotated[str | None, Header()] = None,
    ) -> Response:
        record_type = kind_of(centre, kind)
        with centre.store.read(PUBLIC) as ledger:
            signer = signer_of(centre, ledger, authorization)
            require_reader(signer, kind)
            record = ledger.get(record_type, record_id)
            require_sight(signer, kind, record)
            history = history_of(ledger.connection, kind, record_id)
        with centre.store.act(reader(signer, purpose)) as ledger:
            log_record(centre, ledger, signer, (kind, record))
        offered = [_describe(act) for act in acts_for(centre, signer, kind, record)]
        return reply({"record": record, "acts": offered, "history": history})

    return router


def explaining_door(centre: Centre) -> APIRouter:
    """Return the door that explains a verdict, and tells what its text names to those who may read the text.

    The read is logged with its hand.
    """
    router = APIRouter()

    @router.get("/verdict/{record_id}/explanation")
    def explanation(
        record_id: str,
        authorization: Annotated[str | None, Header()] = None,
        purpose: Annotated[str | None, Header()] = None,
    ) -> Response:
        with centre.store.read(PUBLIC) as ledger:
            signer = signer_of(centre, ledger, authorization)
            require_reader(signer, "verdict")
            verdict = ledger.get(Verdict, record_id)
            require_sight(signer, "verdict", verdict)
        with centre.store.act(reader(signer, purpose)) as ledger:
            log_record(centre, ledger, signer, ("verdict", verdict))
            said = centre.desks.screening.explain(ledger, record_id)
            if may_read(signer, "stopped_text"):
                said = {**said, "extracted": centre.desks.screening.extracted(ledger, record_id)}
            return reply(said)

    return router


def acting_doors(centre: Centre) -> APIRouter:
    """Return the doors for acts."""
    router = APIRouter()

    @router.post("/{kind}/{record_id}/{act_name}")
    def act(
        kind: str,
        record_id: str,
        act_name: str,
        again: Again,
        body: Annotated[dict[str, Any] | None, Body()] = None,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        return reply(perform(centre, authorization, (kind, record_id, act_name), body or {}, again))

    @router.post("/{kind}/new")
    def make(
        kind: str,
        again: Again,
        body: Annotated[dict[str, Any] | None, Body()] = None,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        return reply(perform(centre, authorization, (kind, "", NEW), body or {}, again))

    return router


def bearer(authorization: str | None) -> str:
    """Return the token of an Authorization header."""
    return (authorization or "").removeprefix("Bearer ").strip()


def signer_of(centre: Centre, ledger: Ledger, authorization: str | None) -> Signer:
    """Return the officer behind a request; raises NotSignedIn."""
    signer = centre.accounts.signer(ledger, bearer(authorization), ledger.at)
    if signer is None:
        raise NotSignedIn
    return signer


def perform(
    centre: Centre, authorization: str | None, what: tuple[str, str, str], body: dict[str, Any], again: Retry
) -> object:
    """Run one act of whoever is signed in, in one transaction; returns the id that it concerned or made."""
    with centre.store.read(PUBLIC) as ledger:
        signer = signer_of(centre, ledger, authorization)
    act = find_act(centre, what[0], what[2])
    parsed = parse_body(act, body)
    return again.run(
        centre, signer.actor, body, lambda ledger: {"id": taken(ledger, centre, signer, (act, what[1], parsed))}
    )


def take(centre: Centre, signer: Signer, what: tuple[str, str, str], body: dict[str, Any]) -> str:
    """Let an officer take one act: (kind, record id, act). Raises what the desks and the law raise."""
    kind, record_id, name = what
    act = find_act(centre, kind, name)
    parsed = parse_body(act, body)
    with centre.store.act(signer.actor) as ledger:
        return taken(ledger, centre, signer, (act, record_id, parsed))


def taken(ledger: Ledger, centre: Centre, signer: Signer, what: tuple[Act, str, dict[str, Any]]) -> str:
    """Take an act that is read already (act, record id, body) within an open transaction."""
    act, record_id, body = what
    if act.power is not None:  # said before anything of the record is
        act.require(signer, None, at=ledger.at)
    record = require_offered(ledger, centre, signer, act, record_id) if record_id else None
    act.require(signer, record, at=ledger.at)
    made = act.run(ledger, signer, record_id, body)
    return str(made) if isinstance(made, str) else record_id


def require_offered(ledger: Ledger, centre: Centre, signer: Signer, act: Act, record_id: str) -> Record:
    """Return the record; refuse an act on a record that is out of sight or in a state that does not offer it."""
    record: Record = ledger.get(kind_of(centre, act.thing), record_id)
    require_sight(signer, act.thing, record)
    state = str(getattr(record, "state", ""))
    if act.states and state not in act.states:
        raise WrongState(machine=act.thing, id=record_id, state=state, act=act.name, allowed=", ".join(act.states))
    return record


def find_act(centre: Centre, kind: str, name: str) -> Act:
    """Return the act of a kind by its name; raises NotFound."""
    for act in centre.acts:
        if act.thing == kind and act.name == name:
            return act
    raise NotFound(kind=f"act on {kind}", id=name)


def acts_for(centre: Centre, signer: Signer, kind: str, record: Record) -> list[Act]:
    """Return what this officer can do to this record now."""
    state, at = str(getattr(record, "state", "")), centre.clock.now()
    return [
        act
        for act in centre.acts
        if act.thing == kind
        and act.name != NEW
        and (not act.states or state in act.states)
        and act.open_to(signer.officer, record, at=at)
    ]


def kind_of(centre: Centre, kind: str) -> type[Any]:
    """Return the record type of a table name; raises NotFound."""
    found = centre.kinds.get(kind)
    if found is None:
        raise NotFound(kind="kind of record", id=kind[:40])
    return found


def read_filters(record_type: type[Any], query: dict[str, str]) -> dict[str, object]:
    """Return the columns that a query string asks to equal a value; raises BadField for a name that is no column."""
    columns = record_type.__dataclass_fields__
    equal: dict[str, object] = {}
    for name, value in query.items():
        if name in _FILTERS_NOT:
            continue
        if name not in columns:
            raise BadField(field=name, value=value, why="no column of this kind; there are " + ", ".join(columns))
        equal[name] = _typed(str(columns[name].type), value)
    return equal


def reply(content: object, status: int = 200) -> Response:
    """Return JSON of records and plain values."""
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def refuse(error: Exception, status: int) -> JSONResponse:
    """Return an error of the house as JSON."""
    return JSONResponse({"error": type(error).__name__, "message": str(error)}, status)


def audit_instant(at_us: int) -> str:
    """Return an audit row's instant as ISO 8601."""
    return instant(at_us).isoformat()


def _typed(hint: str, value: str) -> object:
    if hint.startswith("bool"):
        return value.lower() in {"true", "1", "yes"}
    if hint.startswith("int"):
        if not value.removeprefix("-").isdecimal() or len(value) > _DIGITS_MOST:
            raise BadField(field="filter", value=value, why=f"a whole number of at most {_DIGITS_MOST} digits")
        return int(value)
    return tuple(value.split(",")) if "," in value else value


def _describe(act: Act) -> dict[str, object]:
    fields = [
        {"name": field.name, "kind": field.kind.value, "required": field.required, "choices": list(field.choices)}
        for field in act.fields
    ]
    return {"name": act.name, "power": act.power.value if act.power else "", "coercive": act.coercive, "fields": fields}
