"""Checkpoints: a study that was interrupted continues after its last finished billing period."""

import hashlib
import hmac
import json
import os
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.validation import Fault, UnableToAccept
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.checkpoints.checkpoint_key import key_for
from ridethrough.finance.study.closed_loop import Loop
from ridethrough.operation.planner import Planner

_VERSION = 3


def inputs_sha256(case: StudyCase, planner: Planner) -> str:
    """A fingerprint of all inputs of the closed loop."""
    digest = hashlib.sha256()
    words = (_VERSION, case.site, case.tariff, case.record.horizon, case.horizon, case.replanned_every_h)
    digest.update(repr((*words, planner.information.value, planner.fingerprint)).encode())
    record = case.record
    for series in (record.load_kw, record.unprotected_load_kw, record.price_per_kwh):
        digest.update(b"none" if series is None else np.ascontiguousarray(series).tobytes())
    return digest.hexdigest()


class Checkpoints(Protocol):
    """The place that keeps the checkpoint of one study."""

    @property
    def name(self) -> str:
        """The name that a message gives to the checkpoint."""

    def read(self) -> str | None:
        """Read what was written last; None if there is nothing.

        Raises `UnableToAccept` for what no study wrote.
        """

    def write(self, body: str) -> None:
        """Write whole or not at all. Raises `UnableToAccept` where that is not possible."""


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """A file of the user, under a keyed hash; if its write is interrupted, the previous checkpoint remains."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def read(self) -> str | None:
        """Read the content of the file, which its keyed hash proves."""
        if not self.path.exists():
            return None
        try:
            proof, _, body = self.path.read_text(encoding="utf-8").partition("\n")
        except (OSError, ValueError) as error:
            raise _not_a_checkpoint(self) from error
        if not hmac.compare_digest(proof.encode(), _keyed_hash(self.path, body).encode()):
            allowed = "a checkpoint written by a study of this user on this machine, and unchanged; name another file"
            raise UnableToAccept([Fault(field="checkpoint", value=self.name, allowed=allowed)])
        return body

    def write(self, body: str) -> None:
        """Write beside the file, then put it in its place."""
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            part.write_text(f"{_keyed_hash(self.path, body)}\n{body}", encoding="utf-8")
            part.replace(self.path)
        except OSError as error:
            allowed = f"a file that can be written ({error.strerror})"
            raise UnableToAccept([Fault(field="checkpoint", value=self.name, allowed=allowed)]) from error
        finally:
            part.unlink(missing_ok=True)


def write_checkpoint(checkpoints: Checkpoints, loop: Loop, sha256: str) -> None:
    """Write the state of a loop.

    Raises `UnableToAccept` where it cannot be written.
    """
    done = loop.done
    document = {
        "version": _VERSION,
        "inputs_sha256": sha256,
        "done": done,
        "charge_kw": loop.charge_kw[:, :done].tolist(),
        "discharge_kw": loop.discharge_kw[:, :done].tolist(),
        "stored_kwh": loop.stored_kwh[:, : done + 1].tolist(),
        "grid_kw": loop.grid_kw[:done].tolist(),
        "by_status": dict(loop.by_status),
        "certified": loop.certified,
        "warnings": list(loop.warnings),
    }
    checkpoints.write(json.dumps(document))


def read_checkpoint(checkpoints: Checkpoints, case: StudyCase, sha256: str) -> Loop | None:
    """Read the state of an interrupted study; None if nothing was kept.

    Raises `UnableToAccept` for what is not a checkpoint, or was written from other inputs.
    """
    body = checkpoints.read()
    if body is None:
        return None
    try:
        document = json.loads(body)
        loop = _loop(document, case) if document["inputs_sha256"] == sha256 else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise _not_a_checkpoint(checkpoints) from error
    if loop is None:
        allowed = "a checkpoint of the same study; its site, tariff, series, days or planning differ: name another file"
        raise UnableToAccept([Fault(field="checkpoint", value=checkpoints.name, allowed=allowed)])
    return loop


def _not_a_checkpoint(checkpoints: Checkpoints) -> UnableToAccept:
    fault = Fault(field="checkpoint", value=checkpoints.name, allowed="a checkpoint written by a study")
    return UnableToAccept([fault])


def kept_until(path: Path, case: StudyCase) -> datetime | None:
    """The local time up to which a checkpoint keeps a study; None if nothing is kept.

    It only reads what a study has just written: whether the file may be used is for `read_checkpoint` to say.
    """
    try:
        done = int(json.loads(path.read_text(encoding="utf-8").partition("\n")[2])["done"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return case.horizon.start_of(done) if done else None


def _keyed_hash(path: Path, body: str) -> str:
    return hmac.new(key_for(path), body.encode(), hashlib.sha256).hexdigest()


def _loop(document: dict[str, Any], case: StudyCase) -> Loop:
    """Make the loop that a document describes.

    Raises `ValueError` if the document does not fit the case.
    """
    loop, done = Loop.at_start(case), int(document["done"])
    if done not in {period.stop for period in case.billing_periods}:
        message = "not at the end of a billing period"
        raise ValueError(message)
    _fill(loop.charge_kw, document["charge_kw"], done)
    _fill(loop.discharge_kw, document["discharge_kw"], done)
    _fill(loop.stored_kwh, document["stored_kwh"], done + 1)
    _fill(loop.grid_kw[None, :], [document["grid_kw"]], done)
    loop.done, loop.certified = done, int(document["certified"])
    loop.by_status = Counter(document["by_status"])
    loop.warnings = dict.fromkeys(document["warnings"])
    return loop


def _fill(target: NDArray[np.float64], rows: list[list[float]], done: int) -> None:
    """Copy rows into `target`; `ValueError` if their number or length is wrong, or if a value is not a number."""
    values = np.array(rows, dtype=np.float64)
    if values.shape != target[:, :done].shape or not np.isfinite(values).all():
        message = "not the systems and intervals of this study"
        raise ValueError(message)
    target[:, :done] = values
