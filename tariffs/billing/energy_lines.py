"""The energy lines of a bill."""

from decimal import Decimal

import numpy as np

from ridethrough.domain import PriceSeries, SiteState
from ridethrough.tariffs.billing.bill import LineItem, cent_of
from ridethrough.tariffs.billing.metered import MeterSeries, exact, quantity
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.charges.market import IndexedPrice
from ridethrough.tariffs.tariff import Tariff

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_FREE = EnergyTier()


class EnergyBilling:
    """Sums a meter series once by billing period, schedule period and month, and writes the lines of each bill."""

    def __init__(self, tariff: Tariff, meter: MeterSeries, prices: PriceSeries | None) -> None:
        calendar = meter.calendar
        self.cent = cent_of(tariff.currency)
        self.is_priced = tariff.energy is not None
        self.energy = tariff.energy or EnergyCharge(periods=(EnergyPeriod(name="energy", tiers=(_FREE,)),))
        names = [period.name for period in self.energy.periods]
        held = calendar.schedule_period(tariff.schedules.get(self.energy.schedule), names)
        bought, sold = meter.import_kwh, meter.export_kwh
        self.periods = calendar.periods
        self.bought_kwh = _table(calendar.period, held, bought, (len(self.periods), len(names)))
        self.sold_kwh = _table(calendar.period, held, sold, (len(self.periods), len(names)))
        self.month_kwh = _table(calendar.period, calendar.month, bought, (len(self.periods), 12))
        market = self.energy.market
        self.market_value = _value(meter, prices, market, bought)
        self.export_value = _value(meter, prices, market.export, sold) if market and market.export else None
        self.adder_kwh = [
            _sum_by_period(meter, bought, calendar.hours_of(tariff.schedules.get(adder.schedule), adder.period))
            for adder in (market.adders if market is not None else ())
        ]

    def kwh(self, index: int) -> float:
        """Energy bought in one billing period."""
        return float(self.bought_kwh[index].sum())

    def kwh_by_period(self, index: int) -> dict[str, float]:
        """Energy bought in one billing period, by period of the schedule."""
        names = (period.name for period in self.energy.periods)
        return dict(zip(names, self.bought_kwh[index].tolist(), strict=True))

    def lines(self, index: int, billed_kw: float, before: SiteState) -> list[LineItem]:
        """The energy and export lines of one billing period.

        `billed_kw` scales limits in kWh/kW. Tiers continue from the energy used earlier in the billing period
        (`before`).
        """
        lines = self._rate_lines(index, billed_kw, before)
        adjustments = self.energy.fuel_adjustment_per_kwh
        for month, kwh in enumerate(self.month_kwh[index]):
            if adjustments and kwh > 0:
                name = f"fuel adjustment, {_MONTHS[month]}"
                lines.append(self._line("energy", name, kwh, exact(adjustments[month])))
        lines += self._market_lines(index)
        return lines + self._export_lines(index)

    def _export_lines(self, index: int) -> list[LineItem]:
        market, lines = self.energy.market, []
        at_market = market.export if market is not None and self.export_value is not None else None
        for period, kwh in zip(self.energy.periods, self.sold_kwh[index], strict=True):
            sell = period.tiers[0].sell_per_kwh
            if kwh > 0 and (sell or at_market is None):
                lines.append(self._line("export", f"export, {period.name}", kwh, -exact(sell)))
        kwh = float(self.sold_kwh[index].sum())
        if at_market is not None and self.export_value is not None and kwh > 0:
            mean = quantity(self.export_value[index]) / quantity(kwh)
            lines.append(self._line("export", "export at the market price", kwh, -mean * exact(at_market.loss_factor)))
            if at_market.adder_per_kwh:
                lines.append(self._line("export", "export adder", kwh, -exact(at_market.adder_per_kwh)))
        return lines

    def _rate_lines(self, index: int, billed_kw: float, before: SiteState) -> list[LineItem]:
        lines = []
        for period, kwh in zip(self.energy.periods, self.bought_kwh[index], strict=True):
            if kwh <= 0 or not self.is_priced:
                continue
            so_far_kwh, counted_kwh = before.energy_kwh, self.kwh(index)
            if period.counts_its_own:
                so_far_kwh, counted_kwh = before.period_energy_kwh.get(period.name, 0.0), float(kwh)
            shares = _shares(period, self.periods[index].days, billed_kw, so_far_kwh, counted_kwh)
            for step, share in zip(period.steps(self.periods[index].days), shares, strict=True):
                if share > 0:
                    name = f"{period.name}, tier {step.number + 1}" if len(shares) > 1 else period.name
                    rate = exact(step.tier.rate_per_kwh) + exact(step.tier.adjustment_per_kwh)
                    lines.append(self._line("energy", name, kwh * share, rate))
        return lines

    def _market_lines(self, index: int) -> list[LineItem]:
        kwh = self.kwh(index)
        if self.market_value is None or kwh <= 0:
            return []
        market = self.energy.market
        loss_factor = exact(market.loss_factor) if market is not None else Decimal(1)
        # The mean price makes the line read as quantity x rate; Decimal keeps 28 digits of it.
        mean = quantity(self.market_value[index]) / quantity(kwh)
        lines = [self._line("energy", "market energy", kwh, mean * loss_factor)]
        if market is not None and market.adder_per_kwh:
            lines.append(self._line("energy", "market adder", kwh, exact(market.adder_per_kwh)))
        for adder, of_period in zip(market.adders if market is not None else (), self.adder_kwh, strict=True):
            if of_period[index] > 0 and adder.per_kwh:
                lines.append(self._line("energy", adder.name, of_period[index], exact(adder.per_kwh)))
        return lines

    def _line(self, charge: str, name: str, kwh: float, rate: Decimal) -> LineItem:
        return LineItem(charge=charge, name=name, quantity=quantity(kwh), unit="kWh", rate=rate, cent=self.cent)


def _value(
    meter: MeterSeries, prices: PriceSeries | None, indexed: IndexedPrice | None, kwh: FloatArray
) -> FloatArray | None:
    """What energy comes to at the market price in each billing period, held between floor and cap."""
    if prices is None:
        return None
    low, high = (-np.inf, np.inf) if indexed is None else indexed.limits
    per_kwh = np.clip(np.array(prices.price_per_kwh), low, high)
    return np.asarray(np.bincount(meter.calendar.period, per_kwh * kwh, len(meter.calendar.periods)), dtype=np.float64)


def _sum_by_period(meter: MeterSeries, kwh: FloatArray, intervals: IndexArray) -> FloatArray:
    """The energy of some intervals in each billing period."""
    sums = np.bincount(meter.calendar.period[intervals], kwh[intervals], len(meter.calendar.periods))
    return np.asarray(sums, dtype=np.float64)


def _table(rows: IndexArray, columns: IndexArray, kwh: FloatArray, shape: tuple[int, int]) -> FloatArray:
    sums = np.bincount(rows * shape[1] + columns, kwh, shape[0] * shape[1])
    return np.asarray(sums.reshape(shape), dtype=np.float64)


def _shares(period: EnergyPeriod, days: int, billed_kw: float, so_far_kwh: float, kwh: float) -> list[float]:
    """The fraction of the energy between `so_far_kwh` and `so_far_kwh + kwh` that lies in each tier of a period."""
    shares = []
    reached = so_far_kwh
    for step in period.steps(days):
        growing = step.kwh_per_kw * billed_kw if step.kwh_per_kw else 0.0
        cap = step.cap_kwh_per_kw * billed_kw if np.isfinite(step.cap_kwh_per_kw) else np.inf
        limit = max(reached, min(step.kwh + growing, cap, so_far_kwh + kwh))
        shares.append((limit - reached) / kwh)
        reached = limit
    return shares
