"""Sources of market prices: what is asked, what is answered, and how it fails.

Prices that are not published yet are no error: the answer says for which time there are none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ridethrough.domain.plausible_prices import PlausiblePrices
from ridethrough.domain.validation import Checks

LONGEST_QUESTION = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceQuestion:
    """Which prices are asked for: those of a zone, from `start` until before `end`, as of `now`.

    Prices of another `currency` are refused. `timezone` is the clock by which the market's days change; `plausible` is
    the range that is believed, where it is not that of the currency. `address_of` gives the address to connect to for a
    URL, or refuses it; without it the system looks names up.
    """

    zone: str
    start: datetime
    end: datetime
    now: datetime
    currency: str
    timezone: str
    plausible: PlausiblePrices | None = None
    address_of: Callable[[str], str] | None = None

    def __post_init__(self) -> None:
        """Keep all times in UTC: times of a zone are subtracted by the clock, not by what elapsed."""
        checks = Checks()
        for name in ("start", "end", "now"):
            at: datetime = getattr(self, name)
            aware = at.tzinfo is not None
            checks.require(aware, name, str(at), "a time with a UTC offset")
            if aware:
                object.__setattr__(self, name, at.astimezone(UTC))
        checks.raise_faults()
        span = self.end - self.start
        fits = timedelta() < span <= LONGEST_QUESTION
        checks.require(fits, "end", str(self.end), f"after start, and at most {LONGEST_QUESTION.days} days after it")
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStretch:
    """Prices without a gap from `start` (UTC) on, one each `step`."""

    start: datetime
    step: timedelta
    price_per_kwh: tuple[float, ...]

    @property
    def end(self) -> datetime:
        """The instant after the last price."""
        return self.start + len(self.price_per_kwh) * self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time, and the reason why it is named."""

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPrices:
    """What a source answered.

    `stretches` follow each other in time; a new one begins where the step changes or prices are missing. `missing` are
    the times asked for that have no price. `doubted` prices are kept and not traded on: whoever plans with them judges
    them by the same rule. `notes` say what was repaired, left out or understood on the way.
    """

    source: str
    zone: str
    fetched_at: datetime
    stretches: tuple[PriceStretch, ...]
    missing: tuple[Span, ...] = ()
    doubted: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every time asked for has a price."""
        return not self.missing


class PriceSource(Protocol):
    """A place where prices are published."""

    @property
    def name(self) -> str:
        """How messages name it."""

    def fetch(self, question: PriceQuestion) -> FetchedPrices:
        """Ask for prices.

        Raises `UnableToFetchPrices` where the source does not answer, or answers what cannot be read.
        """


class UnableToFetchPrices(RuntimeError):
    """A source gave no prices: the reason, what to do, and after what time to ask again where the source says so."""

    def __init__(self, source: str, reason: str, *, remedy: str, retry_after: timedelta | None = None) -> None:
        self.source, self.reason, self.remedy, self.retry_after = source, reason, remedy, retry_after
        super().__init__(f"{source}: {reason}; {remedy}")
