"""How a release comes to decide: drafted, signed by a second officer, then shadow, percentage, full, or rolled back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from stopline.kernel.errors import AuthorizationMissing, BadField, SameHand, WrongState
from stopline.kernel.ledger import Ledger
from stopline.law.acts import NEW, Act, Field, FieldKind
from stopline.law.organisation import Power, Signer, require_human, require_power
from stopline.screening.area import area_founded
from stopline.screening.records import FailPolicy, Release, ReleaseState, Settings
from stopline.screening.release import LoadedRelease, content_digest, load_release
from stopline.screening.rules.pack import AREA_ENTRY, LONGEST_PACK, load_pack, shipped_pack

_POLICIES = tuple(policy.value for policy in FailPolicy)
_S = ReleaseState
_NEXT = {
    "sign": (_S.DRAFTED,),
    "shadow": (_S.SIGNED,),
    "stage": (_S.SIGNED, _S.SHADOW, _S.PERCENTAGE),
    "full": (_S.SIGNED, _S.SHADOW, _S.PERCENTAGE),
    "roll_back": (_S.SHADOW, _S.PERCENTAGE, _S.FULL),
}


@dataclass(frozen=True, slots=True)
class ReleaseOffice:
    """Takes releases through their states; `changed` tells the live engine."""

    model_digest: str
    entries: Collection[str]
    changed: Callable[[Ledger], None]

    def create(self, ledger: Ledger, signer: Signer, body: Mapping[str, object]) -> str:
        """Draft a release from a pack (the shipped one when none is given); raises ReleaseInvalid for a bad pack."""
        _human(ledger, signer, "create", "(new)")
        pack = str(body.get("pack") or shipped_pack())
        title = str(body.get("title") or "release")
        load_pack(pack, source=title, entries=self.entries)
        settings = Settings(
            fail_calls=FailPolicy(str(body.get("fail_calls") or FailPolicy.OPEN.value)),
            fail_messages=FailPolicy(str(body.get("fail_messages") or FailPolicy.OPEN.value)),
        )
        release = Release(
            id=ledger.new_id(),
            title=title,
            digest=content_digest(pack, self.model_digest, settings),
            pack=pack,
            model_digest=self.model_digest,
            settings=settings,
            state=ReleaseState.DRAFTED,
            percentage=0,
            created_by=signer.officer.id,
            created_session=signer.session,
            created_at=ledger.at,
        )
        ledger.save(release, act="release.create")
        return release.id

    def sign(self, ledger: Ledger, signer: Signer, release_id: str) -> Release:
        """Sign as a second officer; raises SameHand for the hand or the session that drafted it."""
        release = self._load(ledger, signer, release_id, "sign")
        if signer.officer.id == release.created_by or signer.session == release.created_session:
            raise SameHand(act="sign", measure=release.id, who=signer.officer.id, earlier="drafted it")
        after = replace(
            release,
            state=ReleaseState.SIGNED,
            signed_by=signer.officer.id,
            signed_session=signer.session,
            signed_at=ledger.at,
        )
        loaded = load_release(after, model_digest=self.model_digest, entries=self.entries)
        _area_approved(ledger, loaded)
        ledger.save(after, act="release.sign", reason=after.digest)  # what the chain's signature then covers
        return after

    def stage(self, ledger: Ledger, signer: Signer, release_id: str, *, percentage: int) -> Release:
        """Let it decide for a share of the numbers; 0 is shadow, 100 is full, and the one before it retires."""
        act = "shadow" if percentage == 0 else "full" if percentage == 100 else "stage"
        if not 0 <= percentage <= 100:
            raise BadField(field="percentage", value=percentage, why="1 to 99")
        release = self._load(ledger, signer, release_id, act)
        _area_approved(ledger, load_release(release, model_digest=self.model_digest, entries=self.entries))
        state = {"shadow": ReleaseState.SHADOW, "stage": ReleaseState.PERCENTAGE, "full": ReleaseState.FULL}[act]
        follows = release.follows_id
        on_trial = (ReleaseState.SHADOW.value, ReleaseState.PERCENTAGE.value)
        for other in ledger.find(Release, state=on_trial):
            if other.id != release.id:
                raise WrongState(machine="release", id=release.id, state=release.state, act=act,
                                 allowed=f"roll back or finish {other.id} first")  # fmt: skip
        if state is ReleaseState.FULL:
            for other in ledger.find(Release, state=ReleaseState.FULL.value):
                ledger.save(replace(other, state=ReleaseState.RETIRED), act="release.retire")
                follows = other.id
        after = replace(
            release,
            state=state,
            percentage=percentage,
            staged_by=signer.officer.id,
            staged_at=ledger.at,
            follows_id=follows,
        )
        ledger.save(after, act=f"release.{act}")
        ledger.publish("release.staged", release_id=after.id, state=state.value, percentage=percentage)
        self.changed(ledger)
        return after

    def roll_back(self, ledger: Ledger, signer: Signer, release_id: str) -> Release:
        """Take it out at once; the release it followed decides again."""
        release = self._load(ledger, signer, release_id, "roll_back")
        after = _out(ledger, release, by=signer.officer.id)
        self.changed(ledger)
        return after

    def _load(self, ledger: Ledger, signer: Signer, release_id: str, act: str) -> Release:
        _human(ledger, signer, act, release_id)
        release = ledger.get(Release, release_id)
        if release.state not in _NEXT[act]:
            allowed = ", ".join(name for name, states in _NEXT.items() if release.state in states) or "nothing"
            raise WrongState(machine="release", id=release.id, state=release.state, act=act, allowed=allowed)
        return release


def let_area_go(ledger: Ledger) -> bool:
    """Take releases out whose rules on an area lost their measure; the last one before that stands decides again."""
    states = (ReleaseState.FULL.value, ReleaseState.PERCENTAGE.value, ReleaseState.SHADOW.value)
    gone = False
    while True:
        unfounded = [one for one in ledger.find(Release, state=states) if not area_founded(ledger, load_pack(one.pack))]
        if not unfounded:
            return gone
        gone = True
        for release in unfounded:
            _out(ledger, release, by=release.staged_by, reason="its measure on an area ended")


def _out(ledger: Ledger, release: Release, *, by: str | None, reason: str = "") -> Release:
    """Take a release out; the one it followed decides again."""
    after = replace(release, state=ReleaseState.ROLLED_BACK, percentage=0, staged_by=by)
    ledger.save(after, act="release.roll_back", reason=reason)
    if release.state is ReleaseState.FULL and release.follows_id is not None:
        earlier = ledger.get(Release, release.follows_id)
        ledger.save(replace(earlier, state=ReleaseState.FULL, percentage=100), act="release.full")
    ledger.publish("release.rolled_back", release_id=after.id)
    return after


def release_acts(model_digest: str, entries: Collection[str], changed: Callable[[Ledger], None]) -> tuple[Act, ...]:
    """Return the acts on releases."""
    office = ReleaseOffice(model_digest, entries, changed)

    def stage(ledger: Ledger, signer: Signer, record_id: str, body: Mapping[str, object]) -> str:
        percentage = int(str(body["percentage"]))
        if not 1 <= percentage <= 99:
            raise BadField(field="percentage", value=percentage, why="1 to 99; use shadow or full for the ends")
        return office.stage(ledger, signer, record_id, percentage=percentage).id

    fields = (
        Field(name="title"),
        Field(name="pack", kind=FieldKind.LONG_TEXT, required=False, most=LONGEST_PACK),
        Field(name="fail_calls", kind=FieldKind.CHOICE, required=False, choices=_POLICIES),
        Field(name="fail_messages", kind=FieldKind.CHOICE, required=False, choices=_POLICIES),
    )
    return (
        _act(NEW, lambda ledger, signer, _id, body: office.create(ledger, signer, body), fields=fields),
        _act("sign", lambda ledger, signer, release, _body: office.sign(ledger, signer, release).id),
        _act("shadow", lambda ledger, signer, release, _b: office.stage(ledger, signer, release, percentage=0).id),
        _act("stage", stage, fields=(Field(name="percentage", kind=FieldKind.NUMBER),)),
        _act("full", lambda ledger, signer, release, _b: office.stage(ledger, signer, release, percentage=100).id),
        _act("roll_back", lambda ledger, signer, release, _body: office.roll_back(ledger, signer, release).id),
    )


def _act(
    name: str, run: Callable[[Ledger, Signer, str, Mapping[str, object]], object], *, fields: tuple[Field, ...] = ()
) -> Act:
    states = tuple(state.value for state in _NEXT.get(name, ()))
    return Act(thing="release", name=name, power=Power.RELEASE_RULES, run=run, fields=fields, states=states)


def _area_approved(ledger: Ledger, release: LoadedRelease) -> None:
    """A rule on an area stands only while the measure approved at national level does (ATF art. 35)."""
    if not area_founded(ledger, release.pack):
        raise AuthorizationMissing(measure="rule on an area", entry=AREA_ENTRY)


def _human(ledger: Ledger, signer: Signer, act: str, subject: str) -> None:
    require_human(ledger.actor, act=act, subject=subject)
    require_power(signer, Power.RELEASE_RULES, at=ledger.at)
