"""Local accounts and sessions: a password, a second factor, and tokens of which only the digest is kept.

Nothing here says why a sign-in was refused: an unknown login, a wrong password, a code that was used before and an
account that rests after too many attempts all answer alike and take alike long.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32decode, b32encode, b64decode, b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import ClassVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from stopline.kernel.errors import BadField, SettingInvalid
from stopline.kernel.ledger import Ledger
from stopline.law.organisation import Institution, Officer, Signer
from stopline.stores.tables import mapper

_STEP_S = 30  # RFC 6238 §5.2 recommends 30 seconds, and one step of drift either way
_DRIFT = (-1, 0, 1)
_ATTEMPTS_MAX = 5
_REST = timedelta(minutes=15)
_TOUCH_EVERY = timedelta(minutes=1)  # an act of its own would be too much for every page view
_PASSWORD_MIN, _PASSWORD_MAX = 12, 256


class AccountState(StrEnum):
    """Whether an account may sign in at all."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How one officer proves who it is; `id` is the login. `totp_sealed` opens only with the centre's key."""

    id: str
    officer_id: str
    password_hash: str
    totp_sealed: str
    state: AccountState
    opened_at: datetime
    last_step: int = 0
    failed_count: int = 0
    rests_until_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in stretch of work; the token itself is nowhere, only its SHA-256."""

    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("token_digest",),)

    id: str
    token_digest: str
    login: str
    officer_id: str
    address: str
    started_at: datetime
    seen_at: datetime
    proved_at: datetime
    idle_until_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None

    def live(self, at: datetime) -> bool:
        """Whether the session still carries a signature at an instant."""
        return self.ended_at is None and at < self.idle_until_at and at < self.ends_at


RECORDS: tuple[type, ...] = (Account, Session)
TABLES = tuple(mapper(kind) for kind in RECORDS)  # known before a store is opened, so that it makes them


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """How long a session lasts without use and in all, and how long a fresh second factor counts for coercive acts."""

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=12)
    proof: timedelta = timedelta(minutes=15)


# OWASP password storage, Argon2id: 19 MiB, two passes, one lane
_ARGON2ID = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True)
class Accounts:
    """Opens accounts, signs officers in and out, and tells who stands behind a token.

    `key` is 32 secret bytes that live in a file of the data directory, apart from the ledger.
    """

    key: bytes
    terms: SessionTerms = field(default_factory=SessionTerms)
    hasher: PasswordHasher = _ARGON2ID

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise SettingInvalid(name="account key", value=f"{len(self.key)} bytes", source="key file", why="32 bytes")

    def open(self, ledger: Ledger, *, login: str, officer_id: str, password: str, totp_secret: str) -> Account:
        """Open an account or give it a new password and secret (base 32); raises BadField."""
        if not _PASSWORD_MIN <= len(password) <= _PASSWORD_MAX:
            why = f"{_PASSWORD_MIN} to {_PASSWORD_MAX} characters"
            raise BadField(field="password", value=f"{len(password)} characters", why=why)
        secret = _secret_bytes(totp_secret)
        nonce = hashlib.sha256(ledger.new_reference().encode()).digest()[:12]
        sealed = nonce + AESGCM(self._sealing_key).encrypt(nonce, secret, login.encode())
        account = Account(
            id=login,
            officer_id=officer_id,
            password_hash=self.hasher.hash(password),
            totp_sealed=b64encode(sealed).decode(),
            state=AccountState.ACTIVE,
            opened_at=ledger.at,
        )
        ledger.save(account, act="account.open")
        return account

    def sign_in(
        self, ledger: Ledger, login: str, password: str, code: str, at: datetime, address: str = ""
    ) -> tuple[str, Session] | None:
        """Return a new token and its session, or None when refused; a refusal is counted in the same transaction.

        `at` is the instant by which the code is judged; sessions run by the ledger's clock.
        """
        account = ledger.maybe(Account, login)
        known = self._password_fits(account, password)
        if account is None:
            ledger.note(act="session.refuse", subject_kind="account", subject_id=login[:64], reason="unknown login")
            return None
        step = self._step_of(account, code, at)
        resting = account.rests_until_at is not None and ledger.at < account.rests_until_at
        if not known or step is None or resting or account.state is not AccountState.ACTIVE:
            self._count_failure(ledger, account, resting=resting)
            return None
        fresh = replace(account, last_step=step, failed_count=0, rests_until_at=None)
        ledger.save(fresh, act="account.sign_in", reason=address)
        return self._begin(ledger, fresh, address)

    def session(self, ledger: Ledger, token: str, at: datetime) -> Session | None:
        """Return the live session of a token."""
        found = ledger.find(Session, token_digest=_digest(token), limit=1) if token else []
        return found[0] if found and found[0].live(at) else None

    def signer(self, ledger: Ledger, token: str, at: datetime) -> Signer | None:
        """Return the officer behind a token and its session, while both are good."""
        session = self.session(ledger, token, at)
        if session is None:
            return None
        officer = ledger.maybe(Officer, session.officer_id)
        if officer is None or at < officer.from_at or (officer.to_at is not None and at >= officer.to_at):
            return None
        return Signer(officer=officer, session=session.id)

    def stale(self, session: Session, at: datetime) -> bool:
        """Whether the session should be touched: a minute went by since it was."""
        return at - session.seen_at >= _TOUCH_EVERY

    def touch(self, ledger: Ledger, token: str) -> None:
        """Put off the idle end of a live session."""
        session = self.session(ledger, token, ledger.at)
        if session is not None:
            idle = ledger.at + self.terms.idle
            ledger.save(replace(session, seen_at=ledger.at, idle_until_at=idle), act="session.use")

    def fresh(self, session: Session, at: datetime) -> bool:
        """Whether the second factor was shown recently enough for an act against somebody."""
        return at - session.proved_at < self.terms.proof

    def prove(self, ledger: Ledger, token: str, code: str, at: datetime) -> str | None:
        """Take a second factor again; returns the new token that replaces the old one, or None when refused."""
        session = self.session(ledger, token, ledger.at)
        account = ledger.maybe(Account, session.login) if session is not None else None
        if session is None or account is None or account.state is not AccountState.ACTIVE:
            return None
        resting = account.rests_until_at is not None and ledger.at < account.rests_until_at
        step = self._step_of(account, code, at)
        if step is None or resting:
            self._count_failure(ledger, account, resting=resting)
            return None
        ledger.save(replace(account, last_step=step, failed_count=0), act="account.prove")
        renewed = ledger.new_reference()
        idle = ledger.at + self.terms.idle
        after = replace(
            session, token_digest=_digest(renewed), proved_at=ledger.at, seen_at=ledger.at, idle_until_at=idle
        )
        ledger.save(after, act="session.prove")
        return renewed

    def sign_out(self, ledger: Ledger, token: str) -> None:
        """End the session of a token, if there is one."""
        session = self.session(ledger, token, ledger.at)
        if session is not None:
            ledger.save(replace(session, ended_at=ledger.at), act="session.end")

    def csrf(self, subject: str) -> str:
        """Return the token that a form of one session (or of one signing-in browser) must carry."""
        return hmac.new(self._form_key, subject.encode(), hashlib.sha256).hexdigest()

    def csrf_fits(self, subject: str, token: str) -> bool:
        """Whether a form carried the token of its session; takes the same time whichever it is."""
        return hmac.compare_digest(self.csrf(subject).encode(), token.encode())

    # -- below: the parts of a sign-in

    @cached_property
    def _sealing_key(self) -> bytes:
        return hmac.new(self.key, b"seal totp secrets", hashlib.sha256).digest()

    @cached_property
    def _form_key(self) -> bytes:
        return hmac.new(self.key, b"forms", hashlib.sha256).digest()

    @cached_property
    def _nobody(self) -> str:
        return self.hasher.hash(self._form_key.hex())  # an unknown login costs as much as a known one

    def _password_fits(self, account: Account | None, password: str) -> bool:
        kept = self._nobody if account is None else account.password_hash
        try:
            self.hasher.verify(kept, password[:_PASSWORD_MAX])
        except (VerificationError, InvalidHashError):
            return False
        return account is not None

    def _step_of(self, account: Account, code: str, at: datetime) -> int | None:
        """Return the time step that a code belongs to, if it is later than the last one used (RFC 6238 §5.2)."""
        sealed = b64decode(account.totp_sealed)
        try:
            secret = AESGCM(self._sealing_key).decrypt(sealed[:12], sealed[12:], account.id.encode())
        except InvalidTag as error:
            why = "it does not open the second factors in this ledger; restore the key file that belongs to it"
            raise SettingInvalid(name="account key", value="(secret)", source="key file", why=why) from error
        totp = _totp(secret)
        given, now = code.strip().encode(), int(at.timestamp()) // _STEP_S
        found = None
        for step in (now + drift for drift in _DRIFT):
            if hmac.compare_digest(totp.generate(step * _STEP_S), given) and step > account.last_step:
                found = step
        return found

    def _count_failure(self, ledger: Ledger, account: Account, *, resting: bool) -> None:
        if resting:
            ledger.note(act="session.refuse", subject_kind="account", subject_id=account.id, reason="resting")
            return
        failed = account.failed_count + 1
        rests = ledger.at + _REST if failed >= _ATTEMPTS_MAX else None
        after = replace(account, failed_count=0 if rests else failed, rests_until_at=rests)
        ledger.save(after, act="session.refuse", reason="too many attempts" if rests else "did not fit")

    def _begin(self, ledger: Ledger, account: Account, address: str) -> tuple[str, Session]:
        token = ledger.new_reference()
        session = Session(
            id=ledger.new_id(),
            token_digest=_digest(token),
            login=account.id,
            officer_id=account.officer_id,
            address=address,
            started_at=ledger.at,
            seen_at=ledger.at,
            proved_at=ledger.at,
            idle_until_at=ledger.at + self.terms.idle,
            ends_at=ledger.at + self.terms.whole,
        )
        ledger.save(session, act="session.begin", reason=account.id)
        return token, session


def code_at(totp_secret: str, at: datetime) -> str:
    """Return the six digits that a secret (base 32) shows at an instant."""
    return _totp(_secret_bytes(totp_secret)).generate(int(at.timestamp())).decode()


def secret_from(random_bytes: bytes) -> str:
    """Return 20 random bytes as the base-32 secret that authenticator programs read."""
    return b32encode(random_bytes).decode()


def key_digest(bearer: str) -> str:
    """Return what an institution's row keeps of its key."""
    return hashlib.sha256(bearer.encode()).hexdigest()


def institution_for(ledger: Ledger, bearer: str) -> Institution | None:
    """Return the institution whose key this is; every row is compared, whichever it is."""
    given, found = key_digest(bearer).encode(), None
    for institution in ledger.find(Institution):
        if institution.key_digest and hmac.compare_digest(institution.key_digest.encode(), given):
            found = institution
    return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), _STEP_S, enforce_key_length=False)  # noqa: S303 - RFC 6238: what every program does


def _secret_bytes(secret: str) -> bytes:
    try:
        raw = b32decode(secret.strip().upper().replace(" ", ""))
    except ValueError:
        raise BadField(field="totp_secret", value="(secret)", why="base 32 without padding errors") from None
    if len(raw) < 16:
        raise BadField(field="totp_secret", value="(secret)", why="at least 128 bits (RFC 4226 §4)")
    return raw
