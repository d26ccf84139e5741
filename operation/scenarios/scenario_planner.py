"""The planner with rolling plans over scenarios that are drawn from the site's own past.

Before every hour it draws scenarios that start from the present deviation, and plans the meter power for each possible
load of the hour: a response. The plan of a knot is made only when the control law needs it, so that of five knots
usually only the two beside the real load are planned.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, reserve_requirement
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import PlanStatus
from ridethrough.forecasts.history import History
from ridethrough.forecasts.scenarios import ScenarioModel, fit_scenarios
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.known.record import Record
from ridethrough.operation.planner import Information, Known, Planned
from ridethrough.operation.scenarios.day_peaks import ChargeDays, DayPeaks, charge_days, with_days_to_come
from ridethrough.operation.scenarios.planned_response import PlannedResponse, ScenarioSettings, Situation
from ridethrough.operation.scenarios.rest_of_period import MeterBattery
from ridethrough.operation.yardsticks import known_prices
from ridethrough.optimizer.solvers.engine import Engine

FloatArray = NDArray[np.float64]

_MINUTES_PER_HOUR = 60
_HOURS = 24
_LEAST_HOURS = 24
_DAYS_AHEAD = 70


@dataclass(slots=True, kw_only=True)
class ScenarioPlanner:
    """Plans each hour from scenarios, and responds to the real load.

    With a `record` the coming hours are known instead, as far as a plan looks ahead. No real planner knows them; this
    is for comparison.
    """

    settings: ScenarioSettings = field(default_factory=ScenarioSettings)
    record: Record | None = None
    engine: Engine = field(default_factory=lambda: Engine(warm=True))
    _net_kw: FloatArray = field(default_factory=lambda: np.zeros(0))
    _model: ScenarioModel | None = None
    _fitted_on: date | None = None
    _peaks: DayPeaks | None = None
    _charges: dict[tuple[str, str], ChargeDays] = field(default_factory=dict)

    assumptions = (
        "plans are made every hour from scenarios of the load that are drawn from what was measured before",
        "how to answer to the load of an hour is planned before it, and done as the hour is metered",
        "a kWh that is stored at the end of a plan is worth the mean price of the plan's hours",
        "the first day on record is not traded on: nothing is known of the load yet",
    )

    @property
    def information(self) -> Information:
        """Scenarios from the past, or perfect foresight."""
        return Information.DAY_AHEAD if self.record is None else Information.PERFECT

    @property
    def fingerprint(self) -> str:
        """The settings."""
        return f"scenarios {self.settings}, {'drawn' if self.record is None else 'known'}"

    def begin_period(self) -> None:
        """Start with a new solver, and learn the load again from the record."""
        self.engine.start_afresh()
        self._net_kw, self._model, self._fitted_on = np.zeros(0), None, None
        self._peaks, self._charges = None, {}

    def plan(self, known: Known) -> Planned:
        """Plan the hours of a block from what was measured before it."""
        history = self._history(known)
        if history is None:
            return Planned(
                orders=Orders.float_at_full(len(known.site.ups), known.block.intervals),
                status=PlanStatus.HOLD,
                warnings=("the first day on record is not traded on",),
            )
        horizon = Horizon(
            start=known.block.start,
            interval_minutes=_MINUTES_PER_HOUR,
            intervals=self.settings.horizon_h,
            timezone=known.block.timezone,
        )
        self._learn(known, history)
        response = PlannedResponse(self._situation(known, history, horizon), self.settings, self.engine)
        systems, intervals = len(known.site.ups), known.block.intervals
        nothing = np.zeros((systems, intervals))
        return Planned(
            orders=Orders(
                charge_kw=nothing,
                discharge_kw=nothing,
                grid_target_kw=np.full(intervals, known.site.interconnection.import_limit_kw),
                responses=(response,) * intervals,
            )
        )

    def _history(self, known: Known) -> History | None:
        """Net load (batteries at rest) of every whole hour before the block; None if there is less than a day."""
        past = known.past
        per_hour = _MINUTES_PER_HOUR // known.block.interval_minutes
        hours = 0 if past is None else past.intervals // per_hour
        if past is None or hours < _LEAST_HOURS:
            return None
        first = past.intervals - hours * per_hour  # whole hours, counted back from the block
        done = len(self._net_kw)
        new = slice(first + done * per_hour, past.intervals)
        net_kw = _net_kw(known.site, known.load_kw[:, new], known.unprotected_load_kw[new], per_hour)
        self._net_kw = np.concatenate([self._net_kw, net_kw])
        return History(
            horizon=Horizon(
                start=known.block.start - timedelta(hours=hours),
                interval_minutes=_MINUTES_PER_HOUR,
                intervals=hours,
                timezone=known.block.timezone,
            ),
            values=self._net_kw,
            issued_at=known.issued_at,
            known_until=known.issued_at,
        )

    def _learn(self, known: Known, history: History) -> None:
        """Learn once a day: the usual load, the peaks of past days, and the days that each charge still meters."""
        today = history.end.astimezone(zone(history.horizon.timezone)).date()
        if today == self._fitted_on:
            return
        self._fitted_on, self._model = today, fit_scenarios(history)
        if not self.settings.conditioned:
            self._model = replace(self._model, persistence=np.zeros_like(self._model.persistence))
        ahead = Horizon.of_local_day(
            today, history.horizon.timezone, _MINUTES_PER_HOUR, look_ahead_h=_HOURS * _DAYS_AHEAD
        )
        unpriced = None if known.price_per_kwh is None else np.zeros(ahead.intervals)
        self._charges = charge_days(known.charges(ahead, unpriced))
        if self._peaks is None:
            self._peaks = DayPeaks(battery=_battery(known))
        recent = history.last(_HOURS * (self._peaks.most_days + 2))
        by_day: dict[date, list[float]] = {}
        for start, kw in zip(recent.horizon.starts(), recent.values.tolist(), strict=True):
            by_day.setdefault(start.date(), []).append(kw)
        for day, loads_kw in by_day.items():
            if day < today and day not in self._peaks.loads_kw:
                self._peaks.learn(day, np.array(loads_kw))

    def _situation(self, known: Known, history: History, horizon: Horizon) -> Situation:
        assert self._model is not None  # noqa: S101 - learned before
        assert self._peaks is not None  # noqa: S101 - learned before
        charges = known.charges(horizon, known_prices(known, horizon))
        if self.settings.days_to_come:
            charges = replace(charges, demand=with_days_to_come(charges.demand, self._charges, self._peaks, horizon))
        per_day = _HOURS * _MINUTES_PER_HOUR // known.block.interval_minutes
        usual_kw = known.load_kw[:, -per_day:].mean(axis=1).tolist()
        return Situation(
            model=self._model,
            history=history,
            horizon=horizon,
            charges=charges,
            load_kw={ups.id: (kw,) * horizon.intervals for ups, kw in zip(known.site.ups, usual_kw, strict=True)},
            site=known.site,
            state=known.state,
            coming_kw=None if self.record is None else _coming_kw(known, horizon, self.record),
        )


def _coming_kw(known: Known, horizon: Horizon, record: Record) -> FloatArray:
    """The real net load of each hour of a horizon; after the end of the record, that of its last hour."""
    first = record.index_of(known.block)
    per_hour = _MINUTES_PER_HOUR // record.horizon.interval_minutes
    here = np.minimum(first + np.arange(horizon.intervals * per_hour), record.horizon.intervals - 1)
    return _net_kw(known.site, record.load_kw[:, here], record.unprotected_load_kw[here], per_hour)


def _net_kw(site: Site, load_kw: FloatArray, unprotected_load_kw: FloatArray, per_hour: int) -> FloatArray:
    """The meter with every battery at rest, as means over whole hours."""
    net_kw = unprotected_load_kw.copy()
    for row, ups in enumerate(site.ups):
        dc_kw = [ups.dc_load_kw(kw) for kw in load_kw[row].tolist()]
        net_kw += np.array(dc_kw) / ups.rectifier_efficiency
    return np.asarray(net_kw.reshape(-1, per_hour).mean(axis=1))


def _battery(known: Known) -> MeterBattery:
    """All batteries of the site, with the reserve of its protected loads."""
    tradable = [
        (
            ups,
            max(
                0.0, ups.max_stored_kwh - reserve_requirement(ups, protected_load_kw=ups.protected_load_kw).reserve_kwh
            ),
        )
        for ups in known.site.ups
    ]
    return MeterBattery.of(tradable)
