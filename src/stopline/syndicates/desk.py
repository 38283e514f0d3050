"""The desk of syndicates: draws networks from joined series, and hands operations and notices to their own desks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stopline.kernel.errors import BadField
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act, Field, FieldKind
from stopline.law.office import Office
from stopline.law.organisation import Power, Signer, require_power
from stopline.law.stepping import following, states_for
from stopline.syndicates import network as drawing
from stopline.syndicates import roles
from stopline.syndicates.network import Network, NetworkNode, Node, NodeKind, Sighting, Tie, TieKind
from stopline.syndicates.notice_desk import NoticeDesk
from stopline.syndicates.operation_desk import OperationDesk, texts
from stopline.syndicates.ranking import Ranked, Role, Weighted, ranks, stable
from stopline.syndicates.roles import ClaimState, RoleClaim

Body = Mapping[str, object]
_RANK_EVERY = timedelta(hours=1)  # house rule: a network that grows is ranked afresh at most this often
_SHOWN_MOST = 20


@dataclass(frozen=True, slots=True)
class SyndicateDesk:
    """Everything that happens to networks, roles, operations and notices."""

    office: Office

    # -- doors

    def public_notices(self, ledger: Ledger) -> list[dict[str, object]]:
        """Return the wanted notices in force, with the least that they need."""
        return self._notices.public_notices(ledger)

    def tip(self, ledger: Ledger, body: Body) -> str:
        """Take a tip on a notice and return its id; raises NotFound, BadField."""
        return self._notices.tip(ledger, body)

    # -- reactions

    def report_received(self, ledger: Ledger, fact: Fact) -> None:
        """On `report.received`: keep which lines and accounts the report names together."""
        report_id = fact.text("report_id")
        if ledger.maybe(Sighting, report_id) is not None:
            return
        payments = fact.body.get("payments")
        rows = [row for row in payments if isinstance(row, dict)] if isinstance(payments, list) else []
        paid_to = [str(row.get("target", "")) for row in rows]
        sighting = Sighting(
            id=report_id,
            own_line=str(fact.body.get("phone", "")),
            own_accounts=tuple(dict.fromkeys(str(row.get("source", "")) for row in rows if row.get("source"))),
            lines=texts(fact.body.get("lines")),
            accounts=tuple(dict.fromkeys(name for name in (*texts(fact.body.get("accounts")), *paid_to) if name)),
            reached=(),
            at=ledger.at,
        )
        ledger.save(sighting, act="sighting.keep")

    def trace_extended(self, ledger: Ledger, fact: Fact) -> None:
        """On `trace.extended`: keep how far the report's money was seen to go."""
        seen = ledger.maybe(Sighting, fact.text("report_id"))
        if seen is None:
            return
        reached = tuple(dict.fromkeys((*seen.reached, *texts(fact.body.get("accounts")))))
        if reached != seen.reached:
            after = replace(seen, reached=reached)
            ledger.save(after, act="sighting.extend")
            for network in self._touching(ledger, seen.accounts):
                if seen.id in network.report_ids:
                    self._save(ledger, network, drawing.drawn(network, [after], at=ledger.at))

    def series_joined(self, ledger: Ledger, fact: Fact) -> None:
        """On `series.joined`: draw the network of the series, or draw on in the one that it has."""
        series_id = fact.text("series_id")
        found = ledger.find(Network, series_id=series_id, limit=1)
        network = found[0] if found else self._opened(ledger, series_id, str(fact.body.get("typology", "")))
        reports = texts(fact.body.get("report_ids"))
        network = replace(network, report_ids=tuple(dict.fromkeys((*network.report_ids, *reports))))
        sightings = ledger.find(Sighting, id=reports) if reports else []
        named = {name for seen in sightings for name in (*seen.lines, *seen.accounts)}
        rest = [(ref, NodeKind.LINE) for ref in texts(fact.body.get("lines")) if ref not in named]
        rest += [(ref, NodeKind.ACCOUNT) for ref in texts(fact.body.get("accounts")) if ref not in named]
        nodes = {node.ref: node for node in network.nodes}
        nodes |= {ref: Node(ref=ref, kind=kind) for ref, kind in rest if ref not in nodes}
        network = drawing.grown(network, nodes, network.ties, at=ledger.at)
        self._save(ledger, found[0] if found else None, drawing.drawn(network, sightings, at=ledger.at))

    def device_suspected(self, ledger: Ledger, fact: Fact) -> None:
        """On `device.suspected`: put the device into the networks that know its lines; propose to cut it off."""
        lines, refs = texts(fact.body.get("lines")), texts(fact.body.get("verdict_refs"))
        for network in self._touching(ledger, lines):
            evidence = refs[0] if refs else f"fact:{fact.id}"
            after = drawing.with_device(network, fact.text("device"), lines, evidence, at=ledger.at)
            self._save(ledger, network, after)
        self._operations.device_suspected(ledger, fact)

    def channel_suspected(self, ledger: Ledger, fact: Fact) -> None:
        """On `payment_channel.suspected`: put the channel into the networks whose money meets there; propose."""
        reports = texts(fact.body.get("report_ids"))
        sightings = ledger.find(Sighting, id=reports) if reports else []
        for network in self._touching(ledger, tuple(name for seen in sightings for name in seen.accounts)):
            mine = [seen for seen in sightings if seen.id in network.report_ids]
            self._save(ledger, network, drawing.with_channel(network, fact.text("account"), mine, at=ledger.at))
        self._operations.channel_suspected(ledger, fact)

    def enforcement_answered(self, ledger: Ledger, fact: Fact) -> None:
        """On `enforcement.answered`: keep what the holder of an operation's target did."""
        self._operations.answered(ledger, fact)

    def measure_changed(self, ledger: Ledger, fact: Fact) -> None:
        """On `measure.approved`, `in_force`, `lifted`, `expired`, `revoked`, `withdrawn`: the notice follows it."""
        self._notices.measure_changed(ledger, fact)

    def person_caught(self, ledger: Ledger, fact: Fact) -> None:
        """On `person.caught`: the notice ends at once."""
        self._notices.person_caught(ledger, fact)

    # -- timers

    def tick(self, ledger: Ledger) -> None:
        """Rank the networks that have grown, and run the clocks of operations and notices."""
        for network in ledger.find(Network, stale=True):
            if network.ranked_at is None or ledger.at - network.ranked_at >= _RANK_EVERY:
                ledger.save(ranked(network, at=ledger.at), act="network.rank")
        self._operations.tick(ledger)
        self._notices.tick(ledger)

    # -- acts

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do to networks, role claims, operations, suspects, notices and tips."""
        claim = (
            Field(name="node"),
            Field(name="role", kind=FieldKind.CHOICE, choices=tuple(role.value for role in Role)),
            Field(name="evidence", kind=FieldKind.LIST),
        )
        exclude = (
            Field(name="node"),
            Field(name="why", kind=FieldKind.CHOICE, choices=("victim", "reporter", "witness", "minor")),
        )
        tie = (
            Field(name="a"),
            Field(name="b"),
            Field(name="evidence"),
            Field(name="source"),
        )
        reason = Field(name="reason", kind=FieldKind.LONG_TEXT)
        power, of = Power.ANALYSE, roles.STEPS
        return (
            Act(thing="network", name="claim", power=power, run=self._claim, fields=claim),
            Act(thing="network", name="exclude", power=power, run=self._exclude, fields=exclude),
            Act(thing="network", name="tie_holder", power=power, run=self._tie_holder, fields=tie),
            Act(
                thing="role_claim", name="review", power=power, run=self._review_claim, states=states_for(of, "review")
            ),
            Act(
                thing="role_claim",
                name="corroborate",
                power=power,
                run=self._corroborate,
                states=states_for(of, "corroborate"),
            ),
            Act(
                thing="role_claim",
                name="drop",
                power=power,
                run=self._drop_claim,
                states=states_for(of, "drop"),
                fields=(reason,),
            ),
            *self._operations.acts(),
            *self._notices.acts(),
        )

    def _claim(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        network = ledger.get(Network, record_id)
        node = self._node(network, str(body["node"]))
        rows = body["evidence"]
        claim = RoleClaim(
            id=ledger.new_id(),
            network_id=record_id,
            node=node.ref,
            role=Role(str(body["role"])),
            state=ClaimState.HYPOTHESIS,
            evidence=roles.parse_evidence(rows if isinstance(rows, list) else []),
            claimed_by=signer.officer.id,
            claimed_session=signer.session,
            claimed_at=ledger.at,
        )
        ledger.save(roles.claimed(claim, excluded=node.excluded), act="role_claim.claim")
        return claim.id

    def _review_claim(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        ledger.save(roles.reviewed(ledger.get(RoleClaim, record_id), signer), act="role_claim.review")
        return record_id

    def _corroborate(self, ledger: Ledger, signer: Signer, record_id: str, _body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        claim = roles.corroborated(ledger.get(RoleClaim, record_id), signer)
        ledger.save(claim, act="role_claim.corroborate")
        ledger.publish("role.corroborated", claim_id=claim.id, network_id=claim.network_id, role=claim.role.value)
        return record_id

    def _drop_claim(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        require_power(signer, Power.ANALYSE, at=ledger.at)
        claim = ledger.get(RoleClaim, record_id)
        state = following(roles.STEPS, claim.state, "drop", machine="role_claim", subject_id=claim.id)
        after = replace(claim, state=state, dropped_why=str(body["reason"]))
        ledger.save(after, act="role_claim.drop", reason=after.dropped_why)
        return record_id

    def _exclude(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Take a victim, reporter, witness or minor out of every ranking, and drop what was claimed of them."""
        require_power(signer, Power.ANALYSE, at=ledger.at)
        network = ledger.get(Network, record_id)
        node, why = self._node(network, str(body["node"])), str(body["why"])
        nodes = {one.ref: one for one in network.nodes} | {node.ref: replace(node, excluded=why)}
        after = drawing.grown(network, nodes, network.ties, at=ledger.at)
        ledger.save(ranked(after, at=ledger.at), act="network.exclude", reason=why)
        for claim in ledger.find(RoleClaim, network_id=record_id, node=node.ref):
            if claim.state is not ClaimState.DROPPED:
                ledger.save(replace(claim, state=ClaimState.DROPPED, dropped_why=why), act="role_claim.drop")
        return record_id

    def _tie_holder(self, ledger: Ledger, signer: Signer, record_id: str, body: Body) -> str:
        """Tie a person to what they hold, from evidence such as a bank's answer about an account's holder."""
        require_power(signer, Power.ANALYSE, at=ledger.at)
        network = ledger.get(Network, record_id)
        held = self._node(network, str(body["b"]))
        nodes = {one.ref: one for one in network.nodes}
        person = nodes.setdefault(str(body["a"]), Node(ref=str(body["a"]), kind=NodeKind.PERSON))
        tie = Tie(
            a=person.ref, b=held.ref, kind=TieKind.HOLDER, evidence=str(body["evidence"]), source=str(body["source"])
        )
        self._save(ledger, network, drawing.grown(network, nodes, {*network.ties, tie}, at=ledger.at))
        return record_id

    # -- below: what they share

    @property
    def _operations(self) -> OperationDesk:
        return OperationDesk(self.office)

    @property
    def _notices(self) -> NoticeDesk:
        return NoticeDesk(self.office)

    def _node(self, network: Network, ref: str) -> Node:
        for node in network.nodes:
            if node.ref == ref:
                return node
        raise BadField(field="node", value=ref, why=f"not in network {network.id}")

    def _touching(self, ledger: Ledger, refs: Sequence[str]) -> list[Network]:
        if not refs:
            return []
        ids = {row.network_id for row in ledger.find(NetworkNode, ref=tuple(refs))}
        return [ledger.get(Network, network_id) for network_id in sorted(ids)]

    def _opened(self, ledger: Ledger, series_id: str, typology: str) -> Network:
        return Network(
            id=ledger.new_id(),
            series_id=series_id,
            typology=typology,
            report_ids=(),
            nodes=(),
            ties=(),
            created_at=ledger.at,
            changed_at=ledger.at,
        )

    def _save(self, ledger: Ledger, before: Network | None, after: Network) -> None:
        if after == before:
            return
        ledger.save(after, act="network.draw")
        known = {node.ref for node in before.nodes} if before else set()
        rows = [
            NetworkNode(id=f"{after.id}:{node.ref}", network_id=after.id, ref=node.ref, kind=node.kind)
            for node in after.nodes
            if node.ref not in known
        ]
        ledger.save_all(rows, act="network_node.new")
        if before is None:
            ledger.publish("network.drawn", network_id=after.id, series_id=after.series_id)


def ranked(network: Network, *, at: datetime) -> Network:
    """Return the network ranked for each role: excluded people never appear, unstable ranks are hidden."""
    nodes = [node.ref for node in network.nodes if not node.excluded]
    place = {ref: index for index, ref in enumerate(nodes)}
    every, money = _weighed(network.ties, place, None), _weighed(network.ties, place, TieKind.MONEY)
    money += _weighed(network.ties, place, TieKind.CHANNEL)
    rankings: dict[str, tuple[Ranked, ...]] = {}
    hidden = 0
    for role in Role:
        kept, dropped = stable(ranks(nodes, every, money, role), of_count=len(nodes))
        rankings[role.value] = kept[:_SHOWN_MOST]
        hidden += dropped
    return replace(network, rankings=rankings, hidden_count=hidden, ranked_at=at, stale=False)


def _weighed(ties: Sequence[Tie], place: Mapping[str, int], kind: TieKind | None) -> list[Weighted]:
    """Return index pairs weighed by how many independent sources show them: one source counts once."""
    sources: dict[tuple[int, int], set[str]] = {}
    for tie in ties:
        if (kind is None or tie.kind is kind) and tie.a in place and tie.b in place and tie.a != tie.b:
            sources.setdefault((place[tie.a], place[tie.b]), set()).add(tie.source)
    return [(a, b, float(len(words))) for (a, b), words in sorted(sources.items())]
