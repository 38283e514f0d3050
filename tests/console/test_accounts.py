"""Signing in: both factors, no code twice, a rest after too many attempts, tokens kept as digests only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest

from stopline.console.accounts import (
    Account,
    Accounts,
    Session,
    code_at,
    institution_for,
    key_digest,
    secret_from,
)
from stopline.kernel.actors import PUBLIC
from stopline.kernel.clock import SetClock
from stopline.kernel.errors import BadField, SettingInvalid
from stopline.kernel.ids import Ids
from stopline.law.organisation import Institution, InstitutionKind, Officer, Power
from stopline.stores.store import Store, open_store

START = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
SECRET = secret_from(bytes(range(20)))
OFFICER = Officer(id="O1", name="Li", unit_id="U1", level=5, area="", powers=(Power.DUTY.value,), from_at=START)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", tmp_path, clock=SetClock(START), ids=Ids(Random(1).randbytes))
    yield opened
    opened.close()


@pytest.fixture
def accounts(store: Store) -> Accounts:
    made = Accounts(key=bytes(32))
    with store.act(PUBLIC) as ledger:
        ledger.save(OFFICER, act="officer.appoint")
        made.open(ledger, login="duty1", officer_id="O1", password=PASSWORD, totp_secret=SECRET)
    return made


def sign_in(store: Store, accounts: Accounts, password: str = PASSWORD, code: str | None = None) -> str | None:
    at = store.clock.now()
    with store.act(PUBLIC) as ledger:
        done = accounts.sign_in(ledger, "duty1", password, code_at(SECRET, at) if code is None else code, at, "::1")
    return done[0] if done else None


def signer_id(store: Store, accounts: Accounts, token: str) -> str | None:
    with store.read(PUBLIC) as ledger:
        signer = accounts.signer(ledger, token, ledger.at)
    return signer.officer.id if signer else None


def pass_time(store: Store, **delta: float) -> None:
    assert isinstance(store.clock, SetClock)
    store.clock.move_to(store.clock.now() + timedelta(**delta))


def test_the_codes_are_those_of_rfc_6238_appendix_b() -> None:
    secret = secret_from(b"12345678901234567890")
    assert [code_at(secret, datetime.fromtimestamp(at, UTC)) for at in (59, 1111111109, 20000000000)] == [
        "287082",
        "081804",
        "353130",
    ]


def test_both_factors_open_a_session_and_signing_out_ends_it(store: Store, accounts: Accounts) -> None:
    token = sign_in(store, accounts)
    assert token is not None
    assert signer_id(store, accounts, token) == "O1"
    with store.act(PUBLIC) as ledger:
        accounts.sign_out(ledger, token)
    assert signer_id(store, accounts, token) is None


def test_neither_factor_opens_alone(store: Store, accounts: Accounts) -> None:
    assert sign_in(store, accounts, password="wrong password!") is None
    assert sign_in(store, accounts, code="000000") is None
    assert sign_in(store, accounts, code="") is None
    with store.act(PUBLIC) as ledger:
        assert accounts.sign_in(ledger, "nobody", PASSWORD, code_at(SECRET, START), START) is None


def test_a_code_is_good_once(store: Store, accounts: Accounts) -> None:
    assert sign_in(store, accounts) is not None
    assert sign_in(store, accounts) is None
    pass_time(store, seconds=31)
    assert sign_in(store, accounts) is not None


def test_five_wrong_attempts_rest_the_account_even_for_the_right_password(store: Store, accounts: Accounts) -> None:
    for _ in range(5):
        assert sign_in(store, accounts, password="wrong password!") is None
    assert sign_in(store, accounts) is None
    pass_time(store, minutes=16)
    assert sign_in(store, accounts) is not None


def test_a_session_ends_when_idle_and_in_any_case(store: Store, accounts: Accounts) -> None:
    token = sign_in(store, accounts)
    assert token is not None
    for _ in range(35):
        pass_time(store, minutes=20)
        with store.act(PUBLIC) as ledger:
            accounts.touch(ledger, token)
    assert signer_id(store, accounts, token) == "O1"
    pass_time(store, minutes=20)
    assert signer_id(store, accounts, token) is None

    again = sign_in(store, accounts)
    assert again is not None
    pass_time(store, minutes=31)
    assert signer_id(store, accounts, again) is None


def test_a_second_factor_shown_again_renews_the_token(store: Store, accounts: Accounts) -> None:
    token = sign_in(store, accounts)
    assert token is not None
    pass_time(store, minutes=16)
    with store.act(PUBLIC) as ledger:
        session = accounts.session(ledger, token, ledger.at)
        assert session is not None
        assert not accounts.fresh(session, ledger.at)
        assert accounts.prove(ledger, token, "123456", ledger.at) is None
        renewed = accounts.prove(ledger, token, code_at(SECRET, ledger.at), ledger.at)
    assert renewed is not None
    assert signer_id(store, accounts, token) is None
    assert signer_id(store, accounts, renewed) == "O1"
    with store.read(PUBLIC) as ledger:
        after = accounts.session(ledger, renewed, ledger.at)
        assert after is not None
        assert accounts.fresh(after, ledger.at)


def test_an_officer_out_of_office_signs_nothing(store: Store, accounts: Accounts) -> None:
    token = sign_in(store, accounts)
    assert token is not None
    with store.act(PUBLIC) as ledger:
        ledger.save(replace(OFFICER, to_at=START), act="officer.leave")
    assert signer_id(store, accounts, token) is None


def test_the_ledger_holds_neither_token_password_nor_secret(store: Store, accounts: Accounts) -> None:
    token = sign_in(store, accounts)
    assert token is not None
    with store.read(PUBLIC) as ledger:
        kept = msgspec.json.encode([*ledger.find(Account), *ledger.find(Session)]).decode()
    for secret in (token, PASSWORD, SECRET):
        assert secret not in kept


def test_the_wrong_key_file_is_named_and_opens_nothing(store: Store, accounts: Accounts) -> None:
    stranger = replace(accounts, key=bytes([1]) * 32)
    with pytest.raises(SettingInvalid, match="restore the key file"):
        sign_in(store, stranger)
    with pytest.raises(SettingInvalid, match="32 bytes"):
        Accounts(key=b"short")


def test_weak_passwords_and_secrets_are_refused(store: Store, accounts: Accounts) -> None:
    with store.act(PUBLIC) as ledger:
        with pytest.raises(BadField, match="password"):
            accounts.open(ledger, login="a", officer_id="O1", password="short", totp_secret=SECRET)
        with pytest.raises(BadField, match="totp_secret"):
            accounts.open(ledger, login="a", officer_id="O1", password=PASSWORD, totp_secret="AAAA")


def test_a_form_token_fits_one_session_only(accounts: Accounts) -> None:
    assert accounts.csrf_fits("S1", accounts.csrf("S1"))
    assert not accounts.csrf_fits("S2", accounts.csrf("S1"))
    assert not accounts.csrf_fits("S1", "ü")


def test_an_institution_is_known_by_its_key_alone(store: Store) -> None:
    with store.act(PUBLIC) as ledger:
        for code in ("B1", "B2"):
            kind = InstitutionKind.BANK
            row = Institution(
                id=code, kind=kind, code=code, name_zh=code, name_en=code, key_digest=key_digest(f"k-{code}")
            )
            ledger.save(row, act="institution.add")
        silent = Institution(id="B3", kind=InstitutionKind.BANK, code="B3", name_zh="B3", name_en="B3")
        ledger.save(silent, act="institution.add")
        found = institution_for(ledger, "k-B2")
        assert found is not None
        assert found.code == "B2"
        assert institution_for(ledger, "") is None
        assert institution_for(ledger, "k-B9") is None
