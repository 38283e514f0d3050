"""Money is neither made nor lost, whatever is moved, stopped and let go."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.nation.accounts import Account, Use, Vault
from stopline.nation.events import StopOutcome

_DAY = datetime(2026, 3, 10, tzinfo=UTC)
_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["move", "stop", "seal", "release"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 9_000),
    ),
    max_size=60,
)


def _vault() -> tuple[Vault, list[Account]]:
    vault = Vault(lambda at_s: _DAY + timedelta(seconds=at_s))
    banks = ("B1", "B2", "B3", "B1")
    return vault, [vault.open(bank, Use.MULE, owner=bank, balance_minor=5_000) for bank in banks]


@given(_ACTS)
def test_no_act_makes_or_loses_money_and_held_money_stays(acts: list[tuple[str, int, int, int]]) -> None:
    vault, accounts = _vault()
    accounts[0].stolen_minor = 3_000
    for at_s, (act, first, second, amount) in enumerate(acts):
        source, target = accounts[first], accounts[second]
        match act:
            case "move":
                vault.move(at_s, source, target, amount)
            case "stop":
                vault.stop(source.bank, source.number, amount)
            case "seal":
                vault.stop(source.bank, source.number, None)
            case _:
                vault.release(source.bank, source.number, amount)
        assert vault.total_minor() == vault.opened_minor == 20_000
        assert sum(account.stolen_minor for account in accounts) == 3_000
        for account in accounts:
            assert 0 <= account.held_minor <= account.balance_minor
            assert 0 <= account.stolen_minor <= account.balance_minor
            assert account.free_minor >= 0


@given(_ACTS)
def test_a_statement_explains_every_balance(acts: list[tuple[str, int, int, int]]) -> None:
    vault, accounts = _vault()
    for at_s, (_, first, second, amount) in enumerate(acts):
        if first != second:
            vault.move(at_s, accounts[first], accounts[second], amount)
    for account in accounts:
        own = (account.bank, account.number)
        came = sum(done.amount_minor for done in account.entries if (done.target_bank, done.target) == own)
        went = sum(done.amount_minor for done in account.entries if (done.source_bank, done.source) == own)
        assert account.balance_minor == 5_000 + came - went


@pytest.mark.parametrize(
    ("asked", "outcome", "applied"),
    [
        (3_000, StopOutcome.ACTIVE_FULL, 3_000),
        (9_000, StopOutcome.ACTIVE_PART, 5_000),
        (None, StopOutcome.ACTIVE_FULL, 5_000),
    ],
)
def test_a_bank_holds_what_is_there(asked: int | None, outcome: StopOutcome, applied: int) -> None:
    vault, (account, *_) = _vault()
    answer = vault.stop(account.bank, account.number, asked)
    assert (answer.outcome, answer.applied_minor, answer.balance_minor) == (outcome, applied, 5_000)


def test_an_empty_account_and_an_unknown_one_are_told_apart() -> None:
    vault, (account, other, *_) = _vault()
    vault.move(0, account, other, 5_000)
    assert vault.stop(account.bank, account.number, 100).outcome is StopOutcome.EMPTY
    assert vault.stop("B6", account.number, 100).outcome is StopOutcome.MISMATCH


def test_a_sealed_account_keeps_what_comes_later_until_it_is_released() -> None:
    vault, (account, other, *_) = _vault()
    vault.stop(account.bank, account.number, None)
    vault.move(1, other, account, 1_000)
    assert vault.move(2, account, other, 1) is None
    assert vault.release(account.bank, account.number, None).applied_minor == 6_000
    assert vault.move(3, account, other, 6_000) is not None
