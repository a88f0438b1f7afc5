"""Backup files with a flipped bit."""

import gzip
import zlib


def text_of(packed: bytes) -> bytes | None:
    """What a packed file says; None: it cannot be unpacked.

    The same text may be packed in two ways that differ in one bit: a repetition that points to another place. Such a flip is
    no damage.
    """
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return None
