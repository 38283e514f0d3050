"""The audit chain for the auditor: who did and who read what, and whether the chain verifies."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from stopline.console.cells import short_id
from stopline.console.frame import Site, route_class
from stopline.console.looks import log_audit
from stopline.kernel.clock import instant
from stopline.kernel.errors import AuditBroken, BadField
from stopline.law.audit import verify
from stopline.law.organisation import Power, require_power
from stopline.stores.audit_pages import FILTERS, audit_page

_PAGE = 100


def routes(site: Site) -> APIRouter:
    """Return the routes of the audit chain."""
    router = APIRouter(route_class=route_class(site))

    @router.get("/audit")
    def chain(request: Request) -> Response:
        visit = site.staff(request)
        require_power(visit.officer, Power.AUDIT, at=visit.at)
        equal = {name: value for name, value in visit.query.items() if name in FILTERS and value}
        before = visit.query.get("before", "")
        if before and not (before.isdecimal() and len(before) < 18):
            raise BadField(field="before", value=before, why="the number of a row")
        with site.centre.store.act(visit.officer.actor) as ledger:
            log_audit(site.centre, ledger, visit.officer, equal)
            waiting = site.centre.desks.reads.for_auditors(ledger)
            rows = audit_page(ledger.connection, before=int(before) if before else None, limit=_PAGE + 1, equal=equal)
        count, head = site.centre.store.audit_head()
        state, broken = _verified(site) if visit.query.get("verify") else ("", "")
        return visit.html(
            "audit.html",
            rows=rows[:_PAGE],
            following=rows[_PAGE - 1].seq if len(rows) > _PAGE else None,
            count=count,
            head=head,
            state=state,
            broken=broken,
            instant=instant,
            short_id=short_id,
            chosen=equal,
            filters=FILTERS,
            waiting=waiting,
        )

    @router.get("/register")
    def register(request: Request) -> Response:
        visit = site.staff(request)
        held = site.centre.office.register
        return visit.html("register.html", entries=held.current(), register=held)

    return router


def _verified(site: Site) -> tuple[str, str]:
    try:
        count, _head = verify(site.centre.store.audit_rows(), site.centre.store.key.public_key())
    except AuditBroken as error:
        return "broken", str(error)
    return "whole", str(count)
