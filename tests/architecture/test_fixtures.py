"""The shared fixtures keep their promises, since every store's tests stand on them."""

from __future__ import annotations

import socket
from collections.abc import Callable

import psycopg


def test_a_postgres_database_is_empty_and_its_own(postgres_url: str) -> None:
    address = postgres_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        version = connection.info.server_version
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert version >= 15_00_00
    assert tables == (1,)


def test_the_next_test_does_not_see_that_table(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        found = connection.execute("SELECT to_regclass('kept')").fetchone()
    assert found == (None,)


def test_free_ports_are_distinct_and_can_be_bound(free_ports: Callable[[int], list[int]]) -> None:
    ports = free_ports(3)
    assert len(set(ports)) == 3
    for port in ports:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
