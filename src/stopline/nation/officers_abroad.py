"""Officers whose work reaches beyond the desk: identities and notices, ports, organisers, dens and handovers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stopline.nation.events import Holder
from stopline.nation.ports import Ports
from stopline.nation.routine import Judge, Page, Routine, Row, Staff, Step
from stopline.nation.world import World

_INVESTIGATORS = ("investigator1", "investigator2")
_LIAISONS = ("liaison1", "liaison2")
_SOUGHT_MOST = 24  # identities that investigators establish in one day
_ASKED_AT_ONCE = 4  # holders that one look at a network leads to
_WARRANTS = "warrant"
_STRONG = (
    "收走",
    "看守",
    "被打",
    "转卖",
    "关禁闭",
    "没收",
    "电击",
    "抓回",
    "passport taken",
    "beaten",
    "locked",
    "sold on",
)
_MEDIUM = ("债", "没有拿过工资", "威胁", "胁迫", "debt", "threat", "unpaid", "guards")
_PARTS = {
    "risk": "no risk known beyond flight; handcuffs only on need",
    "offence": "suspected of fraud; the warrant is attached",
    "health": "seen by a doctor today; fit to travel",
    "belongings": "one bag, sealed and listed",
}


@dataclass(slots=True)
class Abroad:
    """How investigators, border officers and liaisons judge what they see. `notices` maps documents to notices."""

    world: World
    ports: Ports
    notices: dict[str, str] = field(default_factory=dict)
    caught: dict[str, datetime] = field(default_factory=dict)  # document -> when
    revoked: dict[str, datetime] = field(default_factory=dict)  # notice -> when
    leads: list[str] = field(default_factory=list)
    den_known: Callable[[], bool] = field(default=lambda: True)
    screened: dict[str, bool] = field(default_factory=dict)  # document or transfer -> indicated as a victim
    _sought: set[str] = field(default_factory=set)
    _asked: set[str] = field(default_factory=set)

    def duties(self) -> list[Routine]:
        """Return the table of duties."""
        return [
            Routine(
                thing="network",
                states=(),
                hands=_INVESTIGATORS,
                judge=self.identify,
                wait=(10, 25),
                every=10,
                part="wanted",
                column="ranked_at",
            ),
            Routine(
                thing="operation_target",
                states=("active_full",),
                hands=_INVESTIGATORS,
                judge=self.ask_device,
                wait=(5, 20),
                every=5,
                column="answer",
            ),
            Routine(
                thing="notice",
                states=("published", "supplemented"),
                hands=_INVESTIGATORS,
                judge=self.published,
                wait=(0, 1),
                every=5,
                part="wanted",
            ),
            Routine(
                thing="tip",
                states=("received",),
                hands=_INVESTIGATORS,
                judge=self.follow,
                wait=(15, 40),
                every=5,
                part="wanted",
            ),
            *self._ports(),
            *self._abroad(),
        ]

    def _ports(self) -> list[Routine]:
        return [
            Routine(
                thing="hit",
                states=("raised", "identity_checked", "confirmed", "acted"),
                hands=("border1", "border2"),
                judge=self.adjudicate,
                wait=(1, 3),
                every=1,
                part="borders",
                when=lambda: bool(self.ports.waiting),
            ),
            Routine(
                thing="organiser_lead",
                states=("hypothesis",),
                hands=("analyst1",),
                judge=_read_lead,
                wait=(5, 15),
                every=10,
                part="organisers",
            ),
            Routine(
                thing="organiser_lead",
                states=("reviewed",),
                hands=("analyst2",),
                judge=self.corroborate,
                wait=(10, 25),
                every=10,
                part="organisers",
            ),
        ]

    def _abroad(self) -> list[Routine]:
        return [
            self._line("den", ("reported",), _LIAISONS, self.join_group),
            self._line("cooperation_request", ("drafted",), ("liaison2",), _check),
            self._line("cooperation_request", ("checked",), _LIAISONS, _send),
            self._line("victim_screening", ("waiting",), ("screener1",), self.screen, wait=(10, 40)),
            self._line("transfer", ("nominated",), _LIAISONS, _identity, wait=(5, 30)),
            self._line("transfer", ("screened",), _LIAISONS, _redraft, wait=(60, 90)),
            self._line("custody_record", (), _LIAISONS, _fill, wait=(5, 20)),
            self._line("handover", ("scheduled",), ("liaison1",), _take_over),
        ]

    def _line(
        self, thing: str, states: tuple[str, ...], hands: tuple[str, ...], judge: Judge, wait: tuple[int, int] = (1, 5)
    ) -> Routine:
        """Return a duty of the alliance: letters about dens come by day, and nobody looks before the first."""
        return Routine(
            thing=thing,
            states=states,
            hands=hands,
            judge=judge,
            wait=wait,
            every=5,
            part="alliance",
            when=self._letters,
        )

    def _letters(self) -> bool:
        return self.den_known()

    # -- identities and notices

    def identify(self, page: Page, staff: Staff) -> Step | None:
        """Ask the bank or the carrier whose account or line stands first in a network's ranks, and enter who it is."""
        network = str(page.record.get("id", ""))
        for node in _ranked(page.record)[:_ASKED_AT_ONCE]:
            if len(self._sought) >= _SOUGHT_MOST:
                break
            body = self._identity(node, f"network:{network}", staff.at)
            if body is not None:
                staff.count("network.identify", staff.act("investigator1", "network", network, "identify", body))
        return None

    def ask_device(self, page: Page, staff: Staff) -> Step | None:
        """Ask the carrier in whose name a device stands that an operation has cut off, and enter who it is."""
        if page.record.get("kind") != "device":
            return None
        device = str(page.record.get("ref", ""))
        body = self._identity(device, f"operation:{page.record.get('operation_id', '')}", staff.at)
        if body is not None:
            staff.make("investigator1", "suspect", body)
        return None

    def _identity(self, held: str, found_in: str, at: datetime) -> dict[str, object] | None:
        holder = self.world.holder_of(held)
        if holder is None or not holder.document_no or holder.document_no in self._sought:
            return None
        self._sought.add(holder.document_no)
        return _identity_of(holder, held, found_in, at)

    def published(self, page: Page, staff: Staff) -> Step | None:
        """Take note that a notice hangs on the public page: from now on somebody may recognise the person."""
        suspect = staff.page("investigator1", "suspect", str(page.record.get("person", "")))
        document = str(suspect.record.get("document_no", "")) if suspect else ""
        notice_id = str(page.record.get("id", ""))
        if document and document not in self.notices:
            self.notices[document] = notice_id
            self.world.notice_published(document, staff.at)
            staff.news.append(f"wanted notice {page.record.get('number', '')} is public")
        if document in self.caught:
            return self._capture(notice_id, staff.at)
        return None

    def follow(self, page: Page, staff: Staff) -> Step | None:
        """Send a patrol where a tip points; whoever is found there is taken, and the notice falls."""
        notice_id = str(page.record.get("notice_id", ""))
        document = next((one for one, known in self.notices.items() if known == notice_id), "")
        if not document or document in self.caught:
            return Step(act="set_aside", body={"reason": "the notice has ended"})
        if not self.world.caught(document, staff.at):
            return Step(act="set_aside", body={"reason": "the person met there is somebody else"})
        self.caught[document] = staff.at
        reply = staff.act(
            "investigator2", "notice", notice_id, "capture", {"evidence": "taken where the tip pointed; papers checked"}
        )
        staff.count("notice.capture", reply)
        if reply.ok:
            self.revoked[notice_id] = staff.at
            staff.news.append("a wanted person was found through a notice; the notice is off the page")
        return Step(act="follow", body={"reason": "a patrol went and found the person"})

    def _capture(self, notice_id: str, at: datetime) -> Step:
        return Step(
            act="capture",
            body={"evidence": "taken at a port; papers checked"},
            then=lambda: self.revoked.update({notice_id: at}),
        )

    # -- ports and organisers

    def adjudicate(self, page: Page, staff: Staff) -> Step | None:
        """Compare the traveller at the counter with the order, then act on what both show."""
        hit_id, state = str(page.record.get("id", "")), str(page.record.get("state", ""))
        crossing = self.ports.waiting.get(hit_id)
        if crossing is None:
            return None
        order = staff.page("border1", "border_order", str(page.record.get("order_id", "")))
        same = order is not None and _same_person(crossing.body, order.record)
        document = str(crossing.body.get("document_no", ""))
        match state:
            case "raised" if same:
                checks = {"photo_same": True, "second_datum": "earlier_document", "second_same": True}
                return Step(act="check_identity", body=checks)
            case "identity_checked" if same:
                return Step(act="confirm", news="a named person was found at a port")
            case "confirmed":
                reason = "handed to the unit of the case"
                body = {"action": "handed_over", "reason": reason}
                return Step(act="act", body=body, then=lambda: self._taken(document, staff.at))
            case "acted":
                return Step(act="notify", then=lambda: self._leaves(hit_id))
            case _:
                reason = "papers and photograph are another person's"
                return Step(act="find_false", body={"reason": reason}, then=lambda: self._let_go(hit_id, document))

    def _let_go(self, hit_id: str, document: str) -> None:
        self.ports.let_go.append(document)
        self._leaves(hit_id)

    def _leaves(self, hit_id: str) -> None:
        self.ports.waiting.pop(hit_id, None)

    def _taken(self, document: str, at: datetime) -> None:
        self.ports.found[document] = at
        if self.world.caught(document, at):
            self.caught.setdefault(document, at)

    def corroborate(self, page: Page, _staff: Staff) -> Step | None:
        """Back a lead with what lies beside the trips: statements of those who were brought out."""
        lead_id = str(page.record.get("id", ""))
        evidence = [f"statement:{lead_id}", f"ticket:{page.record.get('trip', '')}"]
        return Step(
            act="corroborate",
            body={"evidence": evidence},
            then=lambda: self.leads.append(lead_id),
            news="an organiser's network was opened from a trip",
        )

    # -- dens and handovers

    def join_group(self, page: Page, staff: Staff) -> Step | None:
        """Answer a den that partners report: ask for help in due form, and join the working group."""
        den_id = str(page.record.get("id", ""))
        if den_id not in self._asked:
            self._asked.add(den_id)
            staff.make("liaison1", "cooperation_request", _request(page.record, staff.at))
        team = ["investigator1", "liaison1"]
        body = {
            "agreement": "working group of 2026-03",
            "legal_document": f"{_WARRANTS}-{staff.at:%Y%m%d}",
            "team": team,
        }
        return Step(act="join", body=body, hands=("liaison1",), news=f"working group at {page.record.get('place', '')}")

    def screen(self, page: Page, _staff: Staff) -> Step | None:
        """Speak with a person brought from the den and note what points to force."""
        told = str(page.record.get("circumstances", "")).lower()
        found: list[dict[str, object]] = []
        for words, strength in ((_STRONG, "strong"), (_MEDIUM, "medium")):
            found += [{"dimension": "coercion", "strength": strength, "note": word} for word in words if word in told]
        body: dict[str, object] = {"language": "zh", "indicators": found, "note": "spoken with alone, no officer near"}
        transfer = str(page.record.get("transfer_id", ""))
        return Step(act="decide", body=body, then=lambda: self.screened.update({transfer: bool(found)}))

    def plan_handovers(self, staff: Staff) -> None:
        """Plan a journey for everybody who is cleared: adults and minors apart."""
        cleared = staff.rows("liaison1", "transfer", state="cleared", limit=500)
        groups = {(str(row.get("den_id", "")), bool(row.get("minor"))) for row in cleared}
        for den_id, minors in sorted(groups):
            body = {
                "den_id": den_id,
                "conveyance": "charter flight",
                "at": (staff.at + timedelta(minutes=30)).isoformat(),
                "minors": minors,
            }
            reply = staff.make("liaison1", "handover", body)
            if reply.ok:
                staff.news.append("a handover was planned")

    def count_home(self, staff: Staff) -> None:
        """Count at home who arrived, and close journeys whose counts agree."""
        for row in staff.rows("liaison2", "handover", state="in_transit,received", limit=100):
            handover = str(row.get("id", ""))
            if row.get("received_count") is None:
                continue
            if row.get("counted_count") is None:
                body = {"received": row.get("manifest_count")}
                staff.count("handover.count", staff.act("liaison2", "handover", handover, "count", body))
            else:
                staff.count("handover.close", staff.act("liaison1", "handover", handover, "close", {}))


def _ranked(network: Row) -> list[str]:
    """Return what to ask about first: devices, where many reports' money meets, then the first of each rank."""
    nodes, ties, rankings = network.get("nodes"), network.get("ties"), network.get("rankings")
    found = [str(node.get("ref", "")) for node in _objects(nodes) if node.get("kind") == "device"]
    found += [str(tie.get("b", "")) for tie in _objects(ties) if tie.get("kind") == "channel"]
    if isinstance(rankings, dict):
        for role in ("financier", "ringleader", "key_member"):
            found += [str(row.get("node", "")) for row in _objects(rankings.get(role))[:3]]
    spent = {str(tie.get("a", "")) for tie in _objects(ties) if tie.get("kind") == "money"}
    accounts = [str(node.get("ref", "")) for node in _objects(nodes) if node.get("kind") == "account"]
    found += [ref for ref in accounts if ref not in spent]  # money that stayed: where somebody takes it out
    return list(dict.fromkeys(found))


def _objects(value: object) -> list[Row]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _identity_of(holder: Holder, held: str, found_in: str, at: datetime) -> dict[str, object]:
    sex = {"f": "female", "m": "male"}.get(holder.sex, holder.sex or "other")
    return {
        "name": holder.name,
        "name_latin": holder.name_latin,
        "sex": sex,
        "birth_on": holder.birth_on,
        "document_no": holder.document_no,
        "source": "bank_answer",
        "evidence": [f"holder:{held}", found_in],
        "warrant": f"{_WARRANTS}-{at:%Y%m%d}-{holder.document_no[-4:]}",
        "at_large": "not met at any known address since this morning",
        "facts_zh": "涉嫌电信网络诈骗，网络中的资金由其账户流转。",
        "facts_en": "Suspected of telecom fraud; money of the network went through accounts in this name.",
        "lesser_means": "a summons was sent and not answered",
        "urgency": "is likely to leave the country today",
        "reward_minor": 5_000_000,
    }


def _same_person(traveller: Mapping[str, object], order: Row) -> bool:
    """Compare as an officer does: the document first, then the full birth date and the name's spelling."""
    if str(traveller.get("document_no", "")).upper() == str(order.get("document_no", "")).upper():
        return True
    names = str(traveller.get("name", "")) == str(order.get("name", ""))
    latin = str(traveller.get("name_latin", "")).upper() == str(order.get("name_latin", "")).upper()
    sex = not order.get("sex") or order.get("sex") == traveller.get("sex")
    return names and latin and sex and str(traveller.get("birth_on", "")) == str(order.get("birth_on", "-"))


def _request(den: Row, at: datetime) -> dict[str, object]:
    place = str(den.get("place", ""))
    return {
        "partner": str(den.get("partner", "")),
        "assistance": "joint_investigation",
        "authority": "National centre",
        "case_summary": f"calls for fraud into our country come from {place}",
        "facts": "the working group's finding and the reports of our citizens point to the same place",
        "persons": "those named in the finding",
        "law": "CN ATF art. 37; the offence carries more than three years",
        "purpose": "to end the calls, to secure evidence, to bring people home",
        "relevance": "the evidence lies at the place",
        "deadline_at": (at + timedelta(days=7)).isoformat(),
        "handling": "authority",
        "retention_days": 365,
    }


def _read_lead(_page: Page, _staff: Staff) -> Step:
    return Step(act="review")


def _check(page: Page, _staff: Staff) -> Step:
    text = "checked: within the agreement; no data beyond what is asked; purpose and retention named"
    fields = page.acts.get("check", ())
    return Step(act="check", body={str(entry.get("name", "")): text for entry in fields})


def _send(_page: Page, _staff: Staff) -> Step:
    return Step(act="send", news="a cooperation request went to a partner")


def _identity(_page: Page, _staff: Staff) -> Step:
    return Step(act="confirm_identity", body={"evidence": "papers and fingerprints agree with our register"})


def _redraft(page: Page, _staff: Staff) -> Step | None:
    return None if page.record.get("measure_id") else Step(act="redraft")


def _fill(page: Page, staff: Staff) -> Step | None:
    for part, text in _PARTS.items():
        if not page.record.get(part):
            staff.count("custody_record.fill", staff.act(
                "liaison1", "custody_record", str(page.record.get("id", "")), "fill", {"part": part, "text": text}
            ))  # fmt: skip
    return None


def _take_over(_page: Page, _staff: Staff) -> Step:
    return Step(act="sign", news="both sides signed a handover")
