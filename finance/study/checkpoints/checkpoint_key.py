"""The key that proves that a checkpoint was written by this user, on this machine.

A checkpoint carries a keyed hash (HMAC-SHA256) of its content. The key is 32 random bytes in a file that only its owner
may read: `ridethrough/checkpoint.key` in the user's state folder (`XDG_STATE_HOME`, else `~/.local/state`); where no
folder can be made there, in `.<checkpoint>.key` beside the checkpoint.

It protects a saving against whoever may write the checkpoint but not read the key: another user of a shared folder, or
somebody who sends a file. It does not protect against the user, nor, with the key beside it, against one who may write
into that folder.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ridethrough.domain.validation import Fault, UnableToAccept

_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def key_for(checkpoint: Path) -> bytes:
    """Read the key of a checkpoint, and make it first where there is none.

    Raises `UnableToAccept` for a key that others may read, that is no key, or that cannot be written.
    """
    beside = checkpoint.absolute().with_name(f".{checkpoint.name}.key")
    with suppress(OSError, RuntimeError):
        folder = _state_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _read_or_make(folder / "checkpoint.key")
    try:
        return _read_or_make(beside)
    except OSError as error:
        raise _fault(beside, f"a file that can be written ({error.strerror})") from error


def _state_folder() -> Path:
    given = os.environ.get("XDG_STATE_HOME", "")
    return (Path(given) if given else Path.home() / ".local" / "state") / "ridethrough"


def _read_or_make(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    if path.stat().st_mode & _OTHERS:
        raise _fault(path, f"readable by its owner alone (chmod 600 {path})")
    key = path.read_bytes()
    if len(key) != _BYTES:
        raise _fault(path, f"a key of {_BYTES} bytes; delete it, and studies begin anew")
    return key


def _make(path: Path) -> None:
    """Write a new key, whole or not at all; where another process is faster, its key stands."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(part)
    finally:
        part.unlink(missing_ok=True)


def _fault(path: Path, allowed: str) -> UnableToAccept:
    return UnableToAccept([Fault(field="checkpoint key", value=str(path), allowed=allowed)])
