"""Orders to banks, carriers and ports: canonical JSON with a detached Ed25519 signature."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = "signature"


def canonical(order: Mapping[str, object]) -> bytes:
    """Return one byte string for equal orders: every field but the signature, keys sorted, no spaces, UTF-8."""
    signed = {name: value for name, value in order.items() if name != SIGNATURE}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign_order(order: Mapping[str, object], key: Ed25519PrivateKey) -> dict[str, object]:
    """Return the order with its signature (base 64)."""
    return {**order, SIGNATURE: base64.b64encode(key.sign(canonical(order))).decode()}


def signed_by(order: Mapping[str, object], key: Ed25519PublicKey) -> bool:
    """Return whether the signature of an order is that key's; a missing or mangled one is not."""
    try:
        key.verify(base64.b64decode(str(order.get(SIGNATURE, "")), validate=True), canonical(order))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
