"""What a controller gave last, on disk: one that starts again within seconds knows its own setpoints.

It is written before devices are told, and is not forced onto the disk: after a loss of power the setpoints are over.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from pathlib import Path

from ridethrough.bms.commanding import Given, GivenToAll

_NAME = "given.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRecord:
    """The record in a controller's folder."""

    folder: Path

    def write(self, given: GivenToAll, now: datetime, now_s: float) -> None:
        """Write what was given to each system; `now_s` is `now` on the clock of what was given.

        Raises `OSError` where the disk does not take it.
        """
        written = {
            ups_id: [
                (each.net_discharge_kw, each.valid_for_s, (now - timedelta(seconds=now_s - each.at_s)).timestamp())
                for each in of_system
            ]
            for ups_id, of_system in given.items()
        }
        beside = self.folder / f"{_NAME}.{os.getpid()}"
        beside.write_text(json.dumps(written), encoding="utf-8")
        beside.replace(self.folder / _NAME)

    def read(self, now: datetime, now_s: float) -> Mapping[str, tuple[Given, ...]]:
        """What was given before this start; where that cannot be read, its setpoints are taken as those of another.

        One that was written after now, because the clock was set back, was given now at the latest.
        """
        try:
            written = json.loads((self.folder / _NAME).read_text(encoding="utf-8"))
            return {
                str(ups_id): tuple(
                    Given(
                        net_discharge_kw=float(net_kw),
                        valid_for_s=float(valid_for_s),
                        at_s=now_s - max(0.0, now.timestamp() - float(at)),
                    )
                    for net_kw, valid_for_s, at in of_system
                    if all(map(isfinite, (net_kw, valid_for_s, at)))
                )
                for ups_id, of_system in written.items()
            }
        except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return {}
