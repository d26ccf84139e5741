"""SAM beside us: its dispatch heuristics in its battery, and our schedules replayed in the same battery and bill.

It needs PySAM (`pip install nrel-pysam pandas`), and the script `tools/sam_peer.py` of the shared folder, which holds
the battery, the load and the tariffs as SAM takes them.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

HEURISTICS = {
    "peak shaving, look-ahead": (0, 0),
    "peak shaving, look-behind": (0, 1),
    "retail rate, look-ahead": (4, 0),
    "retail rate, look-behind": (4, 1),
}
"""SAM's dispatch choice and forecast choice: 0 knows the next 24 h, 1 takes them for the last 24 h."""
_CUSTOM = 2


@dataclass(frozen=True, kw_only=True)
class Sam:
    """SAM's battery and bill of one shared folder."""

    peer: ModuleType

    def bill(self, name: str) -> float:
        """The year's bill without a battery."""
        return float(self.peer.sam_bill(self._rate(name), self.peer.load_kw())[0]["total"])

    def heuristic(self, name: str, heuristic: str) -> float:
        """What one of SAM's heuristics saves in a year."""
        choice, forecast = HEURISTICS[heuristic]
        return self._saved(name, choice=choice, fc=forecast)

    def meter_kw(self, name: str, load_kw: FloatArray, heuristic: str) -> FloatArray:
        """What the meter shows in a year of hours with SAM's battery on a load, by a look-behind heuristic."""
        choice, forecast = HEURISTICS[f"{heuristic}, look-behind"]
        done = self.peer.run(self.peer.sam_rates(self._rate(name)), load_kw, choice=choice, fc=forecast)
        return np.asarray(done["net"], dtype=np.float64)

    def replayed(self, name: str, discharge_kw: FloatArray) -> float:
        """What the AC power of another's battery (discharge positive) saves in SAM's battery."""
        return self._saved(name, choice=_CUSTOM, custom=discharge_kw)

    def _saved(self, name: str, **how: object) -> float:
        done = self.peer.run(self.peer.sam_rates(self._rate(name)), self.peer.load_kw(), **how)
        return float(done["base"] - done["bill"])

    def _rate(self, name: str) -> dict[str, object]:
        return dict(self.peer.load_urdb(self.peer.NINE[name]))


def sam_of(shared: Path) -> Sam | str:
    """SAM, or the reason why there is none here."""
    script = shared / "tools/sam_peer.py"
    missing = [each for each in ("PySAM", "pandas") if importlib.util.find_spec(each) is None]
    if missing or not script.exists():
        return f"{', '.join(missing) or script} is missing (pip install nrel-pysam pandas)"
    spec = importlib.util.spec_from_file_location("sam_peer", script)
    assert spec is not None
    assert spec.loader is not None
    peer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peer)
    return Sam(peer=peer)
