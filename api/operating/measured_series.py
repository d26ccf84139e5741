"""The loads that a controller measured, as the series that its plans are forecast from.

| | rule |
|---|---|
| measured loads that begin before those of the files end | they follow those of the files, and count where both are |
| a gap between both | measured loads alone, once there are 7 days of them |
| files that are too old to plan from, or hold constants | measured loads alone, once there are 4 hours of them |
| an interval that was not measured | the loads of the one before, for an hour at most; a longer gap begins a new run |
| loads of long ago | the last 92 days that were measured are used |
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ridethrough.api.cases.plans.known_past import LONGEST_GAP
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.bms.load_record import MeasuredLoads
from ridethrough.operation.ahead import LEAST_KNOWN

SOURCE = "measured loads"
_FILLED = timedelta(hours=1)
_USED = timedelta(days=92)
_ALONE = timedelta(days=7)


@dataclass(slots=True, kw_only=True)
class MeasuredSeries:
    """The last run of measured loads without a long gap; `filled` is how many intervals of it were filled."""

    step: timedelta
    filled: int = 0
    _run: list[MeasuredLoads] = field(default_factory=list)

    def add(self, loads: MeasuredLoads) -> None:
        """Add an interval after those before; one that is not after them (a clock was set back) is left out."""
        if self._run:
            if loads.load_kw.keys() != self._run[-1].load_kw.keys():
                self._run, self.filled = [loads], 0
                return
            missing = round((loads.start - self._run[-1].start) / self.step) - 1
            if missing < 0:
                return
            if missing * self.step > _FILLED:
                self._run, self.filled = [], 0
            else:
                for _ in range(missing):
                    self._run.append(replace(self._run[-1], start=self._run[-1].start + self.step))
                self.filled += missing
        self._run.append(loads)
        del self._run[: -(_USED // self.step)]

    def inputs(self, inputs: SiteInputs, now: datetime) -> tuple[SiteInputs, str]:
        """The inputs of a plan with what was measured, and what was done, for people."""
        if not self._run or self._run[-1].load_kw.keys() != inputs.loads.keys():
            return inputs, "loads of the files"
        start, end = self._run[0].start, self._run[-1].start + self.step
        filed = [each for each in (*inputs.loads.values(), inputs.unprotected_load) if isinstance(each, TimeSeries)]
        joins = bool(filed) and all(each.step == self.step and each.end >= start for each in filed)
        outdated = any(now - each.end > LONGEST_GAP for each in filed)
        least = LEAST_KNOWN if outdated or not filed else _ALONE
        if not joins and end - start < least:
            return inputs, f"loads of the files: {(end - start) / timedelta(hours=1):,.1f} hours are measured"
        loads = {
            ups_id: self._after(before if joins else None, [each.load_kw[ups_id] for each in self._run])
            for ups_id, before in inputs.loads.items()
        }
        others = self._after(inputs.unprotected_load if joins else None, [each.unprotected_kw for each in self._run])
        says = f"measured loads from {start.isoformat()} to {end.isoformat()}, {self.filled} intervals of them filled"
        return replace(
            inputs, loads=loads, unprotected_load=others
        ), f"{says}, {'after' if joins else 'without'} the files'"

    def _after(self, before: TimeSeries | float | None, measured: Sequence[float]) -> TimeSeries:
        """Measured loads after those of a series, as far as that reaches."""
        start, values = self._run[0].start, tuple(measured)
        if isinstance(before, TimeSeries) and before.start < start:
            kept = (start - before.start) // self.step
            start, values = before.start, (*before.values[:kept], *values)
        return TimeSeries(source=SOURCE, start=start, step=self.step, values=values)
