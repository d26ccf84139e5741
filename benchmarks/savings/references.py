"""What a case is held against, whatever the planner: its bill, perfect foresight, and SAM's look-behind.

The figures of each case are kept in a file of their own, so that a run that was broken off goes on where it was.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.savings import loops
from benchmarks.savings.sam import sam_of
from benchmarks.savings.setting import Load
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.checkpoints.checkpoint import inputs_sha256
from ridethrough.operation.yardsticks import PersistencePlanner

_YEAR = 8760
_LOOK_BEHIND = ("peak shaving", "retail rate")


@dataclass(frozen=True, kw_only=True)
class References:
    """The bill without trading, the saving of perfect foresight, and that of SAM's better look-behind heuristic.

    `sam_behind` is None without SAM, and for another meter than a year of hours.
    """

    bill: float
    ceiling: float
    sam_behind: float | None


def references(shared: Path, tariff: str, load: Load, case: StudyCase, keep_in: Path) -> References:
    """Work out the references of a case, or read them from where they were kept."""
    path = keep_in / f"reference-{inputs_sha256(case, PersistencePlanner())[:20]}.json"
    if path.exists():
        return References(**json.loads(path.read_text()))
    found = References(
        bill=loops.base_bill(case),
        ceiling=loops.ceiling(case).saved,
        sam_behind=_sam_behind(shared, tariff, load, case),
    )
    keep_in.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(found)))
    part.replace(path)
    return found


def _sam_behind(shared: Path, tariff: str, load: Load, case: StudyCase) -> float | None:
    sam = sam_of(shared)
    if isinstance(sam, str) or len(load.kw) != _YEAR:
        return None
    here = slice(case.first, case.first + case.horizon.intervals)
    meters = [sam.meter_kw(tariff, load.kw, choice)[here] for choice in _LOOK_BEHIND]
    return max(loops.saved_within(case, kw, 0, case.horizon.intervals) for kw in meters)
