"""The planner that holds the meter below ceilings, those of least cost over simulated futures of the billing period."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.ceilings.futures import Futures, LoadModel, learn
from ridethrough.operation.ceilings.hours import HourlyMeter
from ridethrough.operation.ceilings.period import RestOfPeriod, rest_of_period
from ridethrough.operation.ceilings.policy import CeilingPlan
from ridethrough.operation.ceilings.search import Ceilings, search
from ridethrough.operation.ceilings.simulate import Simulation
from ridethrough.operation.ceilings.store import MeterStore, meter_store
from ridethrough.operation.ceilings.trading import TradingHours, trading_hours
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.planner import Information, Known, Planned

FloatArray = NDArray[np.float64]

RESTING_HOURS = 3
"""The first hours on record, in which nothing is known of the load."""

_DAY_HOURS = 24
_USUAL_HOURS = 30 * 24
_PASSED_KW = 1.0
_ROUNDING_KWH = 1e-6
_HOUR = timedelta(hours=1)
_NO_FUTURES = Futures(mean_kw=np.zeros((0, 0)), highest_kw=np.zeros((0, 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingSettings:
    """How ceilings are searched: over `futures` futures, every `searched_every_h` hours and when one was exceeded.

    `trades`: whether energy is given for its price too.
    """

    futures: int = 48
    searched_every_h: int = 6
    trades: bool = True
    seed: int = 0


@dataclass(slots=True, kw_only=True)
class CeilingPlanner:
    """Plans the ceilings of the rest of a billing period, and responds to the real load."""

    settings: CeilingSettings = field(default_factory=CeilingSettings)
    _meter: HourlyMeter = field(default_factory=HourlyMeter)
    _model: LoadModel | None = None
    _learned_on: date | None = None
    _rest: RestOfPeriod | None = None
    _trading: TradingHours | None = None
    _traded_wear: float = 0.0
    _prices_known: int = 0
    _ceilings: Ceilings | None = None
    _searched_at: datetime | None = None
    _stored_kwh: float = 0.0

    information = Information.DAY_AHEAD
    assumptions = (
        (
            "the meter is held under one ceiling a demand charge, those that cost least on average over simulated "
            "futures of the rest of the billing period, and energy that they do not need is traded"
        ),
        "futures are put together from what followed similar moments of the site's own past",
        "on the first day on record nothing is traded, and batteries hold ceilings from the fourth hour on",
    )

    @property
    def fingerprint(self) -> str:
        """The settings."""
        version = "ceilings, energy given late, filled under the peak so far, moments like the last day"
        return f"{version} {self.settings}"

    def begin_period(self) -> None:
        """Reset the ceilings, and learn the load again from the record."""
        self._meter, self._model, self._learned_on = HourlyMeter(), None, None
        self._rest, self._trading, self._prices_known = None, None, 0
        self._ceilings, self._searched_at = None, None

    def plan(self, known: Known) -> Planned:
        """Plan a block from what was measured before it."""
        found = self.ceilings(known)
        if found is None:
            return Planned(
                orders=Orders.float_at_full(len(known.site.ups), known.block.intervals),
                status=PlanStatus.HOLD,
                warnings=(f"batteries rest in the first {RESTING_HOURS} hours on record",),
            )
        systems, intervals = len(known.site.ups), known.block.intervals
        nothing = np.zeros((systems, intervals))
        responses = found.responses(known.block)
        return Planned(
            orders=Orders(
                charge_kw=nothing,
                discharge_kw=nothing,
                grid_target_kw=np.array([each.ceiling_kw for each in responses]),
                responses=responses,
            )
        )

    def ceilings(self, known: Known) -> CeilingPlan | None:
        """The ceilings to hold from the start of a block on; None in the first hours on record."""
        metered = self._meter.update(known)
        if metered is None or metered.intervals < RESTING_HOURS:
            return None
        start = _hour_of(known.block.start, known.block.timezone)
        self._learn(known, metered)
        self._lay(known, start)
        simulation = self._simulation(known)
        ceilings, futures = self._searched(known, simulation, metered.end)
        return CeilingPlan(simulation=replace(simulation, futures=futures), ceilings=ceilings)

    def _learn(self, known: Known, metered: Horizon) -> None:
        """Learn the usual load once a day, and every hour on the first day on record, with new ceilings."""
        today = known.block.start_of(0).date()
        first_day = metered.intervals <= _DAY_HOURS
        if first_day:
            self._ceilings, self._searched_at, self._trading = None, None, None
        if first_day or today != self._learned_on:
            self._learned_on = today
            self._model = learn(metered, self._meter.mean_kw, self._meter.highest_kw, known.tariff.holidays)

    def _lay(self, known: Known, start: datetime) -> None:
        """Lay the tariff over the rest of the period: once, and again when new prices are published."""
        published = 0 if known.price_per_kwh is None else len(known.price_per_kwh)
        if self._rest is None or published != self._prices_known:
            before = None if self._rest is None else [charge.name for charge in self._rest.charges]
            self._rest = rest_of_period(known, start, float(self._meter.mean_kw[-_USUAL_HOURS:].mean()))
            self._prices_known, self._trading = published, None
            if before != [charge.name for charge in self._rest.charges]:
                self._ceilings = None  # a charge that meters no hour of the rest has none
        gone = (start - self._rest.start) // _HOUR
        self._rest = self._rest.after(start)
        if self._trading is not None:
            self._trading = self._trading.after(gone)

    def _simulation(self, known: Known) -> Simulation:
        assert self._rest is not None  # noqa: S101 - laid before
        assert self._model is not None  # noqa: S101 - learned before
        per_day = _DAY_HOURS * 60 // known.block.interval_minutes
        store = meter_store(
            known.site,
            known.state,
            known.load_kw[:, -per_day:].mean(axis=1),
            now=known.block.start,
            price_per_kwh=self._rest.price_per_kwh,
        )
        if self._trading is None or store.wear_per_relieved != self._traded_wear:
            self._trading = self._hours_to_trade(self._rest, store)
            self._traded_wear = store.wear_per_relieved
        peaks = [known.state.peaks_kw.get(charge.name, 0.0) for charge in self._rest.charges]
        return Simulation(
            futures=_NO_FUTURES,
            rest=self._rest,
            trading=self._trading,
            store=store,
            peak_so_far_kw=np.array(peaks, dtype=float),
        )

    def _hours_to_trade(self, rest: RestOfPeriod, store: MeterStore) -> TradingHours:
        """The hours worth trading in: none on the first day on record, which would leave nothing for its peaks."""
        if self.settings.trades and len(self._meter.mean_kw) >= _DAY_HOURS:
            return trading_hours(rest.price_per_kwh, store, float(self._meter.mean_kw.min()))
        return TradingHours.none(rest.hours)

    def _futures(self, since: datetime, rest: RestOfPeriod, timezone: str) -> Futures:
        """Futures of the hours of a rest, from the last measured hour, which ends at `since`, on."""
        assert self._model is not None  # noqa: S101 - learned before
        between = max(0, (rest.start - since) // _HOUR)
        horizon = Horizon(
            start=rest.start - between * _HOUR,
            interval_minutes=60,
            intervals=between + rest.hours,
            timezone=timezone,
        )
        drawn = self._model.draw(self._meter.mean_kw, horizon, self.settings.futures, self.settings.seed)
        return Futures(mean_kw=drawn.mean_kw[:, between:], highest_kw=drawn.highest_kw[:, between:])

    def _searched(self, known: Known, simulation: Simulation, since: datetime) -> tuple[Ceilings, Futures]:
        """The ceilings held, searched again over futures where it is time, energy was given, or one was passed."""
        now, held = simulation.rest.start, self._ceilings
        assert self._model is not None  # noqa: S101 - learned before
        gave = simulation.store.stored_kwh < self._stored_kwh - _ROUNDING_KWH
        self._stored_kwh = simulation.store.stored_kwh
        due = self._searched_at is None or now - self._searched_at >= self.settings.searched_every_h * _HOUR
        if held is not None and not (due or gave or (simulation.peak_so_far_kw > held.kw + _PASSED_KW).any()):
            return held, _NO_FUTURES
        futures = self._futures(since, simulation.rest, known.block.timezone)
        usual_kw = float(self._meter.mean_kw[-_USUAL_HOURS:].mean())
        found = search(replace(simulation, futures=futures), held, usual_kw, self._model.highest_kw)
        self._ceilings, self._searched_at = found, now
        return found, futures


def _hour_of(moment: datetime, timezone: str) -> datetime:
    """The start of the local hour that a moment lies in."""
    local = moment.astimezone(zone(timezone))
    return moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
