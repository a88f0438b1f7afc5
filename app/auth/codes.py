"""Secrets that people type and programs carry: one-time codes and session tokens.

Both have so much chance in them (140 and 256 bits) that a plain SHA-256 is all the store has to keep.
"""

import hashlib
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U, which are misread."""
GROUPS: Final = 7
GROUP: Final = 4

_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})


def new_code() -> str:
    """Seven groups of four characters, 5 bits each: `7K2M-…`."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def code_hash(code: str) -> str:
    """The hash of a code as somebody typed it: case, spaces, hyphens and look-alikes do not matter."""
    return _sha256(code.upper().translate(_MISREAD))


def new_token() -> str:
    """A bearer token of 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """The hash of a token, by which its session is found."""
    return _sha256(token)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
