"""The template of a message: what is left when numbers, links and names are masked, as a key that is only compared."""

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.compiled import compiled
from stopline.screening.text.fold import Folded
from stopline.screening.text.tokens import Chars

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xC2B2AE3D27D4EB4F)
_TURN = np.uint64(29)


def template_keys(folded: Folded) -> NDArray[np.int64]:
    """Return a positive 62-bit key of each message; equal folded texts have equal keys in every process.

    For counting only. It is no digest: whoever tries can write two texts with one key, and gains nothing but a count;
    what two officers register is a digest, `identity.registered.fingerprints`.
    """
    keys = np.empty(len(folded.starts) - 1, dtype=np.int64)
    _keys(folded.chars, folded.starts, keys)
    return keys


@compiled("void(uint32[::1], int64[::1], int64[::1])", allocates=False)
def _keys(chars: Chars, starts: NDArray[np.int64], keys: NDArray[np.int64]) -> None:
    for row in range(len(keys)):
        one, other = _FACTOR, _SECOND
        for at in range(starts[row], starts[row + 1]):
            char = np.uint64(chars[at])
            one = (one ^ char) * _FACTOR
            other = (other + char) * _SECOND
            other ^= other >> _TURN
        mixed = (one ^ (one >> _TURN)) * _SECOND + other
        mixed ^= mixed >> _TURN
        keys[row] = np.int64(mixed >> np.uint64(2)) | np.int64(1)
