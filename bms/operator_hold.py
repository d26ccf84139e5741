"""An operator's hold: a small file beside the journal, so that it outlives every restart until somebody releases it."""

import json
import os
from datetime import datetime
from pathlib import Path

_NAME = "hold.json"


def hold(folder: Path, *, why: str, by: str, now: datetime) -> None:
    """Hold the site; the file is whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{_NAME}.{os.getpid()}"
    beside.write_text(json.dumps({"why": why, "by": by, "at": now.isoformat()}), encoding="utf-8")
    beside.replace(folder / _NAME)


def release(folder: Path) -> bool:
    """End the hold; whether there was one."""
    try:
        (folder / _NAME).unlink()
    except FileNotFoundError:
        return False
    return True


def held_because(folder: Path) -> str:
    """Who holds the site and why; empty where nobody does. A file that cannot be read holds too."""
    try:
        text = (folder / _NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"the file of the hold cannot be read ({error.strerror})"
    try:
        written = json.loads(text)
        return f"held by {written['by']}: {written['why']}"
    except (ValueError, KeyError, TypeError):
        return "the file of the hold is damaged: release the site, or hold it again"
