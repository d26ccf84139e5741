"""Checkpoints: a study that was interrupted continues after its last finished billing period."""

import hashlib
import hmac
import json
import os
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

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


def write_checkpoint(path: Path, loop: Loop, sha256: str) -> None:
    """Write the state of a loop; the write is atomic: if it is interrupted, the previous checkpoint remains.

    Raises `UnableToAccept` for a file that cannot be written.
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
    body = json.dumps(document)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(f"{_keyed_hash(path, body)}\n{body}", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        allowed = f"a file that can be written ({error.strerror})"
        raise UnableToAccept([Fault(field="checkpoint", value=str(path), allowed=allowed)]) from error
    finally:
        part.unlink(missing_ok=True)


def read_checkpoint(path: Path, case: StudyCase, sha256: str) -> Loop | None:
    """Read the state of an interrupted study; None if there is no such file.

    Raises `UnableToAccept` for a file that is not a checkpoint, or that was written from other inputs.
    """
    if not path.exists():
        return None
    try:
        document = json.loads(_proven(path))
        loop = _loop(document, case) if document["inputs_sha256"] == sha256 else None
    except UnableToAccept:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        fault = Fault(field="checkpoint", value=str(path), allowed="a checkpoint written by a study")
        raise UnableToAccept([fault]) from error
    if loop is None:
        allowed = "a checkpoint of the same study; its site, tariff, series, days or planning differ: name another file"
        raise UnableToAccept([Fault(field="checkpoint", value=str(path), allowed=allowed)])
    return loop


def _proven(path: Path) -> str:
    """The content of a checkpoint, which its keyed hash proves."""
    proof, _, body = path.read_text(encoding="utf-8").partition("\n")
    if not hmac.compare_digest(proof.encode(), _keyed_hash(path, body).encode()):
        allowed = "a checkpoint written by a study of this user on this machine, and unchanged; name another file"
        raise UnableToAccept([Fault(field="checkpoint", value=str(path), allowed=allowed)])
    return body


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
