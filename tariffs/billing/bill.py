"""A bill: lines of the form quantity x rate = amount."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from ridethrough.tariffs.calendar.billing_cycle import BillingPeriod
from ridethrough.tariffs.not_priced import NotPriced

_WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP", "ISK", "VND"})


def cent_of(currency: str) -> Decimal:
    """The smallest amount of a currency that a bill shows."""
    return Decimal(1) if currency in _WITHOUT_CENTS else Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """One line: `quantity` (in `unit`) times `rate` is `exact_amount`; `amount` is rounded half up to `cent`.

    Rounding happens only here. `charge` is the name of a `ChargeKind`; a rider or a tax has the kind of the charge that
    it applies to.
    """

    charge: str
    name: str
    quantity: Decimal
    unit: str
    rate: Decimal
    cent: Decimal = Decimal("0.01")

    @property
    def exact_amount(self) -> Decimal:
        """Quantity times rate, not rounded."""
        return self.quantity * self.rate

    @property
    def amount(self) -> Decimal:
        """Quantity times rate, rounded half up."""
        return self.exact_amount.quantize(self.cent, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodBill:
    """The lines of one billing period; `start` and `end` bound the part of it that the meter series covers.

    `peaks_kw` holds the metered peak behind each demand charge and `billed_kw` the billed demand, both in kW. The state
    of the next plan and the ratchets of the next bills start from them. `day_peaks_kw` (by charge and day) and
    `period_energy_kwh` (by period of the energy schedule) have the shape of `SiteState`.
    """

    period: BillingPeriod
    start: datetime
    end: datetime
    lines: tuple[LineItem, ...]
    energy_kwh: float = 0.0
    period_energy_kwh: Mapping[str, float] = field(default_factory=dict)
    day_peaks_kw: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    peaks_kw: dict[str, float] = field(default_factory=dict)
    billed_kw: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """The sum of the lines as printed."""
        return sum((line.amount for line in self.lines), Decimal())

    @property
    def exact_total(self) -> Decimal:
        """The sum of the lines before rounding."""
        return sum((line.exact_amount for line in self.lines), Decimal())


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The bill of a meter series; `not_priced` lists charges of the tariff that no line covers."""

    currency: str
    periods: tuple[PeriodBill, ...]
    not_priced: tuple[NotPriced, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """The sum of all lines as printed."""
        return sum((period.total for period in self.periods), Decimal())

    @property
    def exact_total(self) -> Decimal:
        """The sum of all lines before rounding, for comparison with a plan's cost."""
        return sum((period.exact_total for period in self.periods), Decimal())

    @property
    def lines(self) -> tuple[LineItem, ...]:
        """The lines of all billing periods, in order."""
        return tuple(line for period in self.periods for line in period.lines)

    def exact_of(self, *kinds: str) -> Decimal:
        """The sum, before rounding, of the lines of some kinds (riders and taxes on them included)."""
        return exact_sum(line for line in self.lines if line.charge in kinds)

    def as_document(self) -> dict[str, object]:
        """The bill as plain JSON values; amounts are numbers with as many decimals as the currency has."""
        return {
            "currency": self.currency,
            "total": float(self.total),
            "periods": [_period_document(period) for period in self.periods],
            "not_priced": [{"field": entry.field, "reason": entry.reason} for entry in self.not_priced],
            "warnings": list(self.warnings),
        }


def exact_sum(lines: Iterable[LineItem]) -> Decimal:
    """The sum of lines before rounding."""
    return sum((line.exact_amount for line in lines), Decimal())


def _period_document(period: PeriodBill) -> dict[str, object]:
    return {
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "total": float(period.total),
        "energy_kwh": round(period.energy_kwh, 6),
        "peaks_kw": dict(period.peaks_kw),
        "lines": [
            {
                "charge": line.charge,
                "name": line.name,
                "quantity": round(float(line.quantity), 6),
                "unit": line.unit,
                "rate": float(line.rate),
                "amount": float(line.amount),
            }
            for line in period.lines
        ],
    }
