"""Signing keys in files of the data directory: made once, readable by the owner alone, never in the repository."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from stopline.kernel.errors import StoreError


def signing_key(folder: Path, name: str) -> Ed25519PrivateKey:
    """Return the Ed25519 key `name`, making it on first use; its public half stands beside it as `name.pub`.

    Raises StoreError when the file cannot be read as such a key.
    """
    path = folder / f"{name}.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_new(path, _private_pem(Ed25519PrivateKey.generate()))
    key = _load(path)
    public = folder / f"{name}.pub"
    if not public.exists():
        _write_new(public, public_pem(key.public_key()), mode=0o644)
    return key


def secret_bytes(path: Path, length: int, random_bytes: Callable[[int], bytes]) -> bytes:
    """Return the secret in a file, making it on first use; raises StoreError when the file has another length."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_new(path, random_bytes(length))
    try:
        secret = path.read_bytes()
    except OSError as error:
        raise StoreError(where=path, why=str(error.strerror), remedy="restore it from its backup") from error
    if len(secret) != length:
        raise StoreError(where=path, why=f"{len(secret)} bytes, not {length}", remedy="restore it from its backup")
    return secret


def public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key in a PEM file; raises StoreError."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise StoreError(where=path, why=str(error.strerror).lower(), remedy="name the .pub file") from error
    except ValueError as error:
        raise StoreError(where=path, why="no public key in PEM", remedy="name the .pub file") from error
    if not isinstance(key, Ed25519PublicKey):
        raise StoreError(where=path, why="not an Ed25519 key", remedy="name the centre's .pub file")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise StoreError(where=path, why=f"no private key ({error})", remedy="restore it from its backup") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError(where=path, why="not an Ed25519 key", remedy="restore it from its backup")
    return key


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_new(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a file whole or not at all: a kill in between leaves no half key."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.rename(path)
