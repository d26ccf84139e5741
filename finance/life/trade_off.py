"""Trade against life: what trading earns at different prices of a battery's life, and the one that suits the site.

Each cycle is priced with a new battery, the trading that a smaller battery loses, and what waiting for a new one costs.
The last part is found: it is the least with which the batteries last until the earliest day of a replacement. Of all
points that last until then, the one that leaves most a year after the cost of a new battery is recommended.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ridethrough.domain import Site, UpsSystem, reserve_requirement
from ridethrough.domain.validation import Checks
from ridethrough.domain.wear.chemistries.known import CHEMISTRIES
from ridethrough.domain.wear.wear_model import WearModel
from ridethrough.finance.life.doubts import ENOUGH_DAYS, curve_doubts
from ridethrough.finance.life.future import LONGEST_YEARS, Future, at_health, future_of

MULTIPLES = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Of the replacement cost: the prices of a life that the curve shows."""
_DEAREST = 64.0
_SEARCHES = 9
_SMALL = 1e-3
_REST_FRACTIONS = (0.7, 0.8, 0.9)
_REST_YEARS = 10
_LEAST_GAIN = 0.005
"""Of nominal capacity after ten years: less does not pay for a lower rest."""
_MARGIN = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """A year of trading: what it saves on the bill, and stored energy (kWh at boundaries) of some days by system."""

    saved_per_year: float
    days_kwh: Mapping[str, Sequence[Sequence[float]]]
    full_cycles_per_year: float


Trade = Callable[[Site], Traded]
"""Plans a site at the prices of its own wear models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Trading at one price of a life (per kWh of nominal energy); None where nothing is traded.

    `worn_per_year` is the cost of a new battery over the years that this one lasts.
    """

    life_price_per_kwh: float | None
    saved_per_year: float
    full_cycles_per_year: float
    futures: tuple[Future, ...]
    worn_per_year: float

    @property
    def life_years(self) -> float:
        """The years until a reserve no longer fits, in the system where that comes first."""
        return min(future.life_years for future in self.futures)

    @property
    def ends(self) -> date | None:
        """The day on which a reserve no longer fits; None beyond the horizon."""
        return min((each.reserve_fits_until for each in self.futures if each.reserve_fits_until), default=None)

    @property
    def net_per_year(self) -> float:
        """The saving less the new battery's cost."""
        return self.saved_per_year - self.worn_per_year


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Resting at a fraction of charge instead of full: capacity after ten years at both."""

    ups_id: str
    fraction: float
    health_at_full: float
    health_below: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOff:
    """The curve by rising price with no trading last, the point to take, and why.

    `lasts_from` is the point of the least price with which batteries last until a replacement can be had, where they
    would not at the cost of a new battery and of lost trading; None elsewhere. `lost_window_per_kwh` and
    `waiting_per_kwh` are the parts of that price beside a new battery, per kWh of nominal energy. `doubts` say what
    the curve leaves open.
    """

    start: date
    points: tuple[Point, ...]
    recommended: Point
    why: str
    lasts_from: Point | None
    lost_window_per_kwh: float
    waiting_per_kwh: float
    scarcity_cost_per_kwh: float | None
    order_by: date | None
    rests: tuple[Rest, ...]
    doubts: tuple[str, ...]


def trade_off(site: Site, trade: Trade, *, start: date, days: int = ENOUGH_DAYS) -> TradeOff:
    """Work out the curve of a site, and recommend a point; `trade` plans so many days.

    Raises `UnableToAccept` where a system's wear model lacks its chemistry or its replacement cost.
    """
    _check(site)
    resting = _point(site, None, _resting(site), start)
    cost = _mean(site, lambda wear: wear.replacement_cost_per_kwh)
    points = [_at(site, trade, multiple * cost, start) for multiple in MULTIPLES]
    window = _lost_window_per_kwh(site, points[1], start)
    wanted = _wanted(site)
    fair = _at(site, trade, cost + window, start)
    least = None if wanted is None else _least(site, trade, fair, wanted)
    chosen, why = _chosen((*points, fair, *([] if least is None else [least])), resting, wanted)
    shown = [each for each in (least, chosen) if each is not None and each not in (*points, resting)]
    curve = (*sorted(dict.fromkeys([*points, *shown]), key=_price), resting)
    return TradeOff(
        start=start,
        points=curve,
        recommended=chosen,
        why=why,
        lasts_from=least,
        lost_window_per_kwh=window,
        waiting_per_kwh=_price(least) - cost - window if least is not None else 0.0,
        scarcity_cost_per_kwh=None if chosen is resting else max(0.0, _price(chosen) - cost),
        order_by=None if chosen.ends is None else chosen.ends - timedelta(days=_mean(site, _lead_days)),
        rests=tuple(_rests(site, start)),
        doubts=tuple(curve_doubts(curve, days)),
    )


def _check(site: Site) -> None:
    checks = Checks()
    for index, ups in enumerate(site.ups):
        wear, path = ups.battery.wear or WearModel(), f"ups.{index}.battery.wear"
        known = ", ".join(CHEMISTRIES)
        checks.require(bool(wear.chemistry), f"{path}.chemistry", wear.chemistry, f"given: one of {known}")
        given = wear.replacement_cost_per_kwh > 0
        checks.require(given, f"{path}.replacement_cost_per_kwh", wear.replacement_cost_per_kwh, "above 0")
    checks.raise_faults()


def _mean(site: Site, of: Callable[[WearModel], float]) -> float:
    """The mean over nominal energy."""
    total = sum(ups.nominal_kwh for ups in site.ups)
    return sum(of(ups.battery.wear or WearModel()) * ups.nominal_kwh for ups in site.ups) / total


def _lead_days(wear: WearModel) -> float:
    return wear.lead_time_days


def priced(site: Site, life_price_per_kwh: float) -> Site:
    """The site whose plans price a life at so much per kWh of nominal energy."""

    def system(ups: UpsSystem) -> UpsSystem:
        wear = ups.battery.wear or WearModel()
        new = min(wear.replacement_cost_per_kwh, life_price_per_kwh)
        wear = replace(wear, replacement_cost_per_kwh=new, scarcity_cost_per_kwh=life_price_per_kwh - new)
        return replace(ups, battery=replace(ups.battery, wear=wear, wear_cost_per_kwh=0.0))

    return replace(site, ups=tuple(system(ups) for ups in site.ups))


def _resting(site: Site) -> Traded:
    days = {ups.id: ((ups.max_stored_kwh, ups.max_stored_kwh),) for ups in site.ups}
    return Traded(saved_per_year=0.0, days_kwh=days, full_cycles_per_year=0.0)


def _at(site: Site, trade: Trade, price: float, start: date) -> Point:
    return _point(site, price, trade(priced(site, price)), start)


def _point(site: Site, price: float | None, traded: Traded, start: date) -> Point:
    futures = tuple(_future(ups, traded.days_kwh[ups.id], start) for ups in site.ups)
    worn = sum(
        ups.nominal_kwh * (ups.battery.wear or WearModel()).replacement_cost_per_kwh / max(_SMALL, future.life_years)
        for ups, future in zip(site.ups, futures, strict=True)
    )
    return Point(
        life_price_per_kwh=price,
        saved_per_year=traded.saved_per_year,
        full_cycles_per_year=traded.full_cycles_per_year,
        futures=futures,
        worn_per_year=worn,
    )


def _future(ups: UpsSystem, days_kwh: Sequence[Sequence[float]], start: date, years: int = LONGEST_YEARS) -> Future:
    fade = CHEMISTRIES[(ups.battery.wear or WearModel()).chemistry].fade
    return future_of(ups, fade, days_kwh, start=start, years=years)


def _lost_window_per_kwh(site: Site, point: Point, start: date) -> float:
    """What a life's loss of capacity takes from the trading until a replacement, per kWh of nominal energy."""
    total = 0.0
    tradable = sum(reserve_requirement(ups).tradable_kwh for ups in site.ups)
    if tradable <= 0:
        return 0.0
    for ups in site.ups:
        wear = ups.battery.wear or WearModel()
        until = wear.earliest_replacement
        years = point.life_years if until is None else max(0.0, (until - start).days / 365)
        lower = at_health(ups, ups.battery.state_of_health - (1 - wear.end_of_life_fraction))
        lost = reserve_requirement(ups).tradable_kwh - max(0.0, reserve_requirement(lower).tradable_kwh)
        total += point.saved_per_year * lost / tradable * years / 2
    return max(0.0, total) / sum(ups.nominal_kwh for ups in site.ups)


def _wanted(site: Site) -> date | None:
    """The day until which batteries must last; None where new ones can be had at any time."""
    dates = [ups.battery.wear.earliest_replacement for ups in site.ups if ups.battery.wear is not None]
    return max((each for each in dates if each is not None), default=None)


def _least(site: Site, trade: Trade, fair: Point, wanted: date) -> Point | None:
    """The point of the least price that lasts until a day; None where a fair price does, or none does."""
    start, low = fair.futures[0].start, _price(fair)
    high = _DEAREST * low
    found = fair if _reaches(fair, wanted) else _at(site, trade, high, start)
    if found is fair or not _reaches(found, wanted):
        return None
    for _ in range(_SEARCHES):
        middle = (low * high) ** 0.5
        tried = _at(site, trade, middle, start)
        if _reaches(tried, wanted):
            high, found = middle, tried
        else:
            low = middle
    return found


def _chosen(traded: Sequence[Point], resting: Point, wanted: date | None) -> tuple[Point, str]:
    """The point to take, and the reason."""
    if wanted is None:
        return _best((*traded, resting)), "it leaves most a year after the cost of a new battery"
    lasting = [each for each in (*traded, resting) if _reaches(each, wanted)]
    if not lasting:
        return resting, f"not even without trading do the batteries last until {wanted}: order before it"
    if lasting == [resting]:
        return resting, f"only without trading do the batteries last until {wanted}"
    return _best(lasting), (
        f"of those with which the batteries last until {wanted} it leaves most a year after the cost of a new one"
    )


def _price(point: Point) -> float:
    return point.life_price_per_kwh or 0.0


def _best(points: Sequence[Point]) -> Point:
    """The point that earns most a year, to the unit of money; of equal ones that with the fewest cycles."""
    return max(points, key=lambda point: (round(point.net_per_year), -point.full_cycles_per_year))


def _reaches(point: Point, wanted: date) -> bool:
    return point.ends is None or point.ends >= wanted


def _rests(site: Site, start: date) -> list[Rest]:
    """For each system the rest below full that gains most, where its chemistry gains and its reserve allows."""
    found = []
    for ups in site.ups:
        full = ups.battery.max_fraction
        needed = reserve_requirement(ups).reserve_fraction + _MARGIN
        options = {each: _health(ups, each, start) for each in _REST_FRACTIONS if needed <= each < full}
        at_full = _health(ups, full, start)
        best = max(options, key=lambda each: options[each], default=None)
        if best is not None and options[best] >= at_full + _LEAST_GAIN:
            found.append(Rest(ups_id=ups.id, fraction=best, health_at_full=at_full, health_below=options[best]))
    return found


def _health(ups: UpsSystem, fraction: float, start: date) -> float:
    stored_kwh = fraction * ups.capacity_kwh
    return _future(ups, ((stored_kwh, stored_kwh),), start, _REST_YEARS).years[-1].state_of_health
