"""Keeps the index of identifiers and the proposals that follow from it; decisions move members and back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from stopline.cases import linking
from stopline.cases.extraction import IdentifierKind
from stopline.cases.linking import Facet, Shared
from stopline.cases.report import Report, moved
from stopline.cases.series import (
    IdentifierUse,
    JoinState,
    PairEvidence,
    Series,
    SeriesJoin,
    SeriesMember,
    SeriesState,
    Stage,
)
from stopline.kernel.errors import BadField, Refused, WrongState
from stopline.kernel.ledger import Ledger

_CHOICES = (JoinState.SAME, JoinState.DIFFERENT, JoinState.UNSURE)
_DECIDABLE = (JoinState.PROPOSED, JoinState.UNSURE, JoinState.UNDONE)
_MOST_MERGED = 2_000
_MOST_AROUND = 5  # neighbours looked at for one report


def index(ledger: Ledger, report: Report, found: Iterable[tuple[IdentifierKind, str]]) -> None:
    """Add identifiers of a report to the index; what is there already is not added twice."""
    there = {(use.sort, use.value) for use in ledger.find(IdentifierUse, report_id=report.id)}
    fresh = [
        IdentifierUse(id=ledger.new_id(), sort=kind, value=value, report_id=report.id, at=report.received_at)
        for kind, value in dict.fromkeys(found)
        if kind in linking.INDEXED and value and (kind, value) not in there
    ]
    ledger.save_all(fresh, act="identifier.index")


def propose(ledger: Ledger, report: Report) -> SeriesJoin | None:
    """Propose the join that the evidence for a report supports best, if any; one proposal at a time."""
    member = ledger.maybe(SeriesMember, report.id)
    ranked = _ranked(ledger, report)
    if member is not None and member.series_id != report.id:
        others = [row for row in ranked if row[1] != member.series_id]
        return _propose_around(ledger, member.series_id, others[:_MOST_AROUND])
    barred = _barred(ledger, report.id)
    for weight, group, evidence in ranked:
        if group not in barred and weight >= linking.JOIN_WEIGHT:
            return _propose_join(ledger, report, group, weight, evidence)
    return None


def decide(ledger: Ledger, join_id: str, choice: JoinState, *, reason: str) -> SeriesJoin:
    """Record an analyst's decision on one proposed join; `same` joins, and nothing else ever does.

    Raises WrongState when it was decided before (undo first), Refused when the member that the
    evidence leads to is not joined itself.
    """
    join = ledger.get(SeriesJoin, join_id)
    if choice not in _CHOICES:
        raise BadField(field="choice", value=choice, why="one of same, different, unsure")
    if join.state not in _DECIDABLE:
        raise WrongState(machine="join", id=join.id, state=join.state.value, act="decide", allowed="undo")
    after = replace(
        join,
        state=choice,
        decided_by=ledger.actor.id,
        decided_at=ledger.at,
        reason=reason,
        version=join.version + 1,
    )
    if choice is JoinState.SAME:
        after = _merge(ledger, after) if join.other_id else _join(ledger, after)
    ledger.save(after, act=f"join.{choice.value}", reason=reason)
    if choice is JoinState.DIFFERENT and not join.other_id:
        _apart(ledger, after)
    return after


def undo(ledger: Ledger, join_id: str, *, reason: str) -> SeriesJoin:
    """Undo a decision: what it joined comes apart and both sides stand as they stood before."""
    join = ledger.get(SeriesJoin, join_id)
    if join.state not in (JoinState.SAME, JoinState.DIFFERENT):
        raise WrongState(machine="join", id=join.id, state=join.state.value, act="undo", allowed="decide")
    if join.state is JoinState.SAME:
        if join.other_id:
            _unmerge(ledger, join)
        else:
            _leave(ledger, ledger.get(Series, join.series_id), (join.report_id,))
    after = replace(join, state=JoinState.UNDONE, reason=reason, moved_ids=(), version=join.version + 1)
    ledger.save(after, act="join.undo", reason=reason)
    ledger.publish("series.undone", join_id=join.id, series_id=join.series_id)
    return after


# -- below: the steps


def _ranked(ledger: Ledger, report: Report) -> list[tuple[float, str, tuple[PairEvidence, ...]]]:
    uses = ledger.find(IdentifierUse, report_id=report.id)
    shared = _shared(ledger, report.id, uses)
    facets = _facets(ledger, {other for one in shared for ids in one.groups.values() for other in ids})
    return linking.candidates(report.id, _facet(report), shared, facets)


def _shared(ledger: Ledger, report_id: str, uses: Sequence[IdentifierUse]) -> list[Shared]:
    rows: dict[tuple[IdentifierKind, str], list[str]] = {}
    for use in uses:
        # an account told by a victim and one reached by the money are the same account
        sorts = _same_thing(use.sort)
        found = ledger.find(IdentifierUse, sort=sorts, value=use.value, limit=linking.MOST_USES + 1)
        others = list(dict.fromkeys(row.report_id for row in found if row.report_id != report_id))
        if others and len(found) <= linking.MOST_USES:
            rows[use.sort, use.value] = others
    everyone = tuple({other for others in rows.values() for other in others})
    group_of = {row.id: row.series_id for row in _members(ledger, everyone)}
    shared = []
    for (kind, value), others in rows.items():
        groups: dict[str, list[str]] = {}
        for other in others:
            groups.setdefault(group_of.get(other, other), []).append(other)
        frozen = {group: tuple(sorted(ids)) for group, ids in groups.items()}
        shared.append(Shared(kind, value, frozen))
    return shared


def _same_thing(kind: IdentifierKind) -> tuple[str, ...]:
    if kind in (IdentifierKind.ACCOUNT, IdentifierKind.MONEY):
        return (IdentifierKind.ACCOUNT.value, IdentifierKind.MONEY.value)
    return (kind.value,)


def _members(ledger: Ledger, report_ids: tuple[str, ...]) -> list[SeriesMember]:
    return ledger.find(SeriesMember, id=report_ids) if report_ids else []


def _facet(report: Report) -> Facet:
    return Facet(report.typology, report.happened_at.timestamp())


def _facets(ledger: Ledger, report_ids: Collection[str]) -> dict[str, Facet]:
    rows = ledger.find(Report, id=tuple(report_ids)) if report_ids else []
    return {row.id: _facet(row) for row in rows}


def _barred(ledger: Ledger, report_id: str) -> set[str]:
    """The groups that somebody decided to be different, or that wait for another decision."""
    states = (JoinState.DIFFERENT.value, JoinState.UNSURE.value, JoinState.UNDONE.value)
    joins = ledger.find(SeriesJoin, report_id=report_id, state=states)
    seeds = {ledger.get(Series, join.series_id).seed_id for join in joins}
    return {join.series_id for join in joins} | seeds


def _propose_join(
    ledger: Ledger,
    report: Report,
    group: str,
    weight: float,
    evidence: tuple[PairEvidence, ...],
) -> SeriesJoin:
    series = ledger.maybe(Series, group)
    if series is None:
        series = _seeded(ledger, ledger.get(Report, group))
    member = SeriesMember(id=report.id, series_id=series.id, stage=Stage.PROPOSED)
    ledger.save(member, act="series.propose_member")
    return _proposal(ledger, series, report.id, "", weight, evidence)


def _seeded(ledger: Ledger, seed: Report) -> Series:
    series = Series(
        id=ledger.new_id(),
        state=SeriesState.PROPOSED,
        seed_id=seed.id,
        member_ids=(),
        typology=seed.typology,
        lines=(),
        accounts=(),
        created_at=ledger.at,
        changed_at=ledger.at,
    )
    ledger.save(series, act="series.propose")
    member = SeriesMember(id=seed.id, series_id=series.id, stage=Stage.PROPOSED)
    ledger.save(member, act="series.propose_member")
    return series


def _proposal(
    ledger: Ledger,
    series: Series,
    report_id: str,
    other_id: str,
    weight: float,
    evidence: tuple[PairEvidence, ...],
) -> SeriesJoin:
    join = SeriesJoin(
        id=ledger.new_id(),
        series_id=series.id,
        report_id=report_id,
        other_id=other_id,
        evidence=evidence,
        weight=weight,
        state=JoinState.PROPOSED,
        proposed_at=ledger.at,
    )
    ledger.save(join, act="join.propose")
    ledger.publish(
        "series.proposed",
        join_id=join.id,
        series_id=series.id,
        report_id=report_id,
        other_id=other_id,
        report_ids=sorted({piece.report_b for piece in evidence}),
        weight=weight,
    )
    return join


def _propose_around(
    ledger: Ledger,
    series_id: str,
    others: Sequence[tuple[float, str, tuple[PairEvidence, ...]]],
) -> SeriesJoin | None:
    """A member of a series shares work with others: propose the lone report, or the other series."""
    for weight, group, _evidence in others:
        lone = ledger.maybe(Report, group)
        if lone is None:
            found = _propose_merge(ledger, series_id, group)
        else:
            found = propose(ledger, lone) if weight >= linking.JOIN_WEIGHT else None
        if found is not None:
            return found
    return None


def _propose_merge(ledger: Ledger, series_id: str, other_id: str) -> SeriesJoin | None:
    """Propose that another series is the same work, on evidence of several independent pairs."""
    if _merge_known(ledger, series_id, other_id):
        return None
    mine = tuple(row.id for row in ledger.find(SeriesMember, series_id=series_id))
    theirs = tuple(row.id for row in ledger.find(SeriesMember, series_id=other_id))
    if len(mine) + len(theirs) > _MOST_MERGED:
        return None
    into, gone, moving = (series_id, other_id, theirs)
    if len(theirs) > len(mine):
        into, gone, moving = (other_id, series_id, mine)
    staying = theirs if into == other_id else mine
    weight, kept = linking.cross_weight(
        _cross(ledger, moving, staying),
        same_typology=bool(_tricks(ledger, moving) & _tricks(ledger, staying)),
    )
    if weight < linking.merge_weight(len(mine), len(theirs)):
        return None
    return _proposal(ledger, ledger.get(Series, into), "", gone, weight, kept)


def _merge_known(ledger: Ledger, one: str, other: str) -> bool:
    there = ledger.count(SeriesJoin, series_id=one, other_id=other)
    return there + ledger.count(SeriesJoin, series_id=other, other_id=one) > 0


def _cross(ledger: Ledger, moving: Sequence[str], staying: Sequence[str]) -> list[PairEvidence]:
    """What two series share, identifier by identifier, each with the pair of reports that names it."""
    here, there = _named(ledger, moving), _named(ledger, staying)
    pieces = []
    for sort, value in sorted(here.keys() & there.keys()):
        uses = ledger.find(IdentifierUse, sort=_same_thing(sort), value=value, limit=linking.MOST_USES + 1)
        users = tuple({use.report_id for use in uses})
        group_of = {row.id: row.series_id for row in _members(ledger, users)}
        spread = len({group_of.get(one, one) for one in users}) - 1
        if len(uses) <= linking.MOST_USES and spread <= linking.MOST_SPREAD:
            pair = (here[sort, value], there[sort, value])
            pieces.append(linking.cross_piece(sort, value, pair, spread))
    return pieces


def _named(ledger: Ledger, report_ids: Sequence[str]) -> dict[tuple[IdentifierKind, str], str]:
    """Return each identifier that the reports name, with the first that names it."""
    found: dict[tuple[IdentifierKind, str], str] = {}
    for use in ledger.find(IdentifierUse, report_id=tuple(report_ids), limit=50_000):
        sort = IdentifierKind.ACCOUNT if use.sort is IdentifierKind.MONEY else use.sort
        found.setdefault((sort, use.value), use.report_id)
    return found


def _tricks(ledger: Ledger, report_ids: Sequence[str]) -> set[str]:
    return {row.typology for row in ledger.find(Report, id=tuple(report_ids)) if row.typology}


def _join(ledger: Ledger, join: SeriesJoin) -> SeriesJoin:
    series = ledger.get(Series, join.series_id)
    held = ledger.maybe(SeriesMember, join.report_id)
    if held is not None and held.stage is Stage.JOINED and held.series_id != series.id:
        raise Refused(why=f"report {join.report_id} is in series {held.series_id}; undo that first")
    firm = {*series.member_ids, series.seed_id}
    if not any(piece.report_b in firm for piece in join.evidence):
        raise Refused(why="its evidence leads to a report that is not joined; decide that one first")
    new = tuple(dict.fromkeys((series.seed_id, *series.member_ids, join.report_id)))
    enter = [one for one in new if one not in series.member_ids]
    _enter(ledger, series, enter)
    return join


def _enter(ledger: Ledger, series: Series, report_ids: Sequence[str]) -> None:
    for report in ledger.find(Report, id=tuple(report_ids)):
        after = moved(report, "link") if report.state.value in ("opened", "linked") else report
        ledger.save(replace(after, series_id=series.id), act="report.join_series")
        member = SeriesMember(id=report.id, series_id=series.id, stage=Stage.JOINED)
        ledger.save(member, act="series.member")
    members = tuple(dict.fromkeys((*series.member_ids, *report_ids)))
    series = replace(series, member_ids=members, state=SeriesState.JOINED)
    series = _summed(ledger, series)
    ledger.save(series, act="series.join")
    ledger.publish(
        "series.joined",
        series_id=series.id,
        report_ids=list(series.member_ids),
        lines=list(series.lines),
        accounts=list(series.accounts),
        typology=series.typology,
    )


def _leave(ledger: Ledger, series: Series, report_ids: Sequence[str]) -> None:
    rest = tuple(one for one in series.member_ids if one not in report_ids)
    alone = rest if len(rest) == 1 else ()
    for report in ledger.find(Report, id=(*report_ids, *alone)):
        after = moved(report, "unlink") if report.state.value == "linked" else report
        ledger.save(replace(after, series_id=None), act="report.leave_series")
        member = SeriesMember(id=report.id, series_id=series.id, stage=Stage.PROPOSED)
        ledger.save(member, act="series.leave")
    state = SeriesState.PROPOSED if len(rest) < 2 else SeriesState.JOINED
    members = () if alone else rest
    series = _summed(ledger, replace(series, member_ids=members, state=state))
    ledger.save(series, act="series.leave")


def _summed(ledger: Ledger, series: Series) -> Series:
    uses = ledger.find(IdentifierUse, report_id=series.member_ids) if series.member_ids else []
    money = (IdentifierKind.ACCOUNT, IdentifierKind.MONEY)
    lines = sorted({use.value for use in uses if use.sort is IdentifierKind.LINE})
    accounts = sorted({use.value for use in uses if use.sort in money})
    return replace(series, lines=tuple(lines), accounts=tuple(accounts), changed_at=ledger.at)


def _merge(ledger: Ledger, join: SeriesJoin) -> SeriesJoin:
    into, gone = ledger.get(Series, join.series_id), ledger.get(Series, join.other_id)
    if not into.member_ids or not gone.member_ids:
        raise Refused(why="both series need joined members; decide their own joins first")
    moved_ids = gone.member_ids
    ledger.save(
        replace(gone, state=SeriesState.DISSOLVED, member_ids=(), changed_at=ledger.at),
        act="series.merge_away",
    )
    _enter(ledger, into, moved_ids)
    _repoint(ledger, frozenset(moved_ids), gone.id, into.id)
    return replace(join, moved_ids=moved_ids)


def _unmerge(ledger: Ledger, join: SeriesJoin) -> None:
    into, gone = ledger.get(Series, join.series_id), ledger.get(Series, join.other_id)
    back = tuple(one for one in join.moved_ids if one in into.member_ids)
    rest = tuple(one for one in into.member_ids if one not in back)
    ledger.save(_summed(ledger, replace(into, member_ids=rest)), act="series.unmerge")
    restored = replace(gone, state=SeriesState.PROPOSED, member_ids=())
    _enter(ledger, restored, back)
    _repoint(ledger, frozenset(back), into.id, gone.id)


def _repoint(ledger: Ledger, led_to: frozenset[str], before: str, after: str) -> None:
    """Let the joins that still wait follow the members that their evidence leads to."""
    states = (JoinState.PROPOSED.value, JoinState.UNSURE.value)
    for join in ledger.find(SeriesJoin, series_id=before, state=states):
        if join.report_id and any(piece.report_b in led_to for piece in join.evidence):
            ledger.save(replace(join, series_id=after), act="join.follow")
            member = SeriesMember(id=join.report_id, series_id=after, stage=Stage.PROPOSED)
            ledger.save(member, act="series.propose_member")


def _apart(ledger: Ledger, join: SeriesJoin) -> None:
    """A report decided to be different: free it, and look again at what hung on it alone."""
    free = [join.report_id]
    for other in ledger.find(SeriesJoin, series_id=join.series_id, state=JoinState.PROPOSED.value):
        if other.report_id and all(piece.report_b == join.report_id for piece in other.evidence):
            ledger.save(replace(other, state=JoinState.WITHDRAWN), act="join.withdraw")
            free.append(other.report_id)
    for report_id in free:
        member = ledger.maybe(SeriesMember, report_id)
        if member is not None and member.stage is Stage.PROPOSED:
            # its own id as its series: it stands alone again
            alone = SeriesMember(id=report_id, series_id=report_id, stage=Stage.PROPOSED)
            ledger.save(alone, act="series.stand_alone")
    for report_id in free:
        propose(ledger, ledger.get(Report, report_id))
