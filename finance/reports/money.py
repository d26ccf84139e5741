"""Money in reports: decimals by currency, and bill totals by kind of charge."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from ridethrough.finance.study.study import Study
from ridethrough.tariffs.billing.bill import Bill, PeriodBill, cent_of
from ridethrough.tariffs.charges.kind import CHARGE_KINDS, KIND_NAMES, SAVINGS_FIGURES

MINUS = "\N{MINUS SIGN}"

IN_WORDS: Mapping[str, str] = {
    **{kind.name: kind.in_words for kind in CHARGE_KINDS},
    "other": "Fixed and minimum",
    "stored": "Stored energy, bought back",
    "wear": "Wear",
}
_SMALL = 10


def decimals_of(currency: str) -> int:
    """The number of decimals of an amount on a bill in that currency.

    >>> decimals_of("USD"), decimals_of("JPY")
    (2, 0)
    """
    exponent = cent_of(currency).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def money(amount: float | Decimal, currency: str) -> str:
    """Format an amount as a bill shows it, with its currency; a loss has a typographic minus sign.

    >>> money(1234.5, "USD"), money(1234.5, "JPY")
    ('1,234.50 USD', '1,235 JPY')
    """
    return f"{number(amount, decimals_of(currency))} {currency}"


def whole_money(amount: float | Decimal, currency: str) -> str:
    """Format an amount without cents, for headlines; an amount below ten keeps its cents."""
    size = abs(float(amount))
    return money(amount, currency) if 0 < size < _SMALL else f"{number(amount, 0)} {currency}"


def number(value: float | Decimal, decimals: int) -> str:
    """Format a number, rounded half up, with thousands separators; never as minus zero."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{decimals}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def charges_of(bill: Bill | PeriodBill) -> dict[str, Decimal]:
    """The sum of the printed lines by kind of charge, with their riders and taxes; a kind without lines is left out."""
    amounts = {kind: [line.amount for line in bill.lines if line.charge == kind] for kind in KIND_NAMES}
    return {kind: sum(each, Decimal()) for kind, each in amounts.items() if each}


def charged(bill: Bill | PeriodBill, name: str) -> Decimal:
    """The sum of the printed lines behind one figure of `Savings`."""
    amounts = charges_of(bill)
    return sum((amounts.get(kind, Decimal()) for kind in SAVINGS_FIGURES[name]), Decimal())


def kinds_billed(study: Study) -> tuple[str, ...]:
    """The kinds of charge on either bill; energy if neither bill has a line."""
    billed = charges_of(study.baseline).keys() | charges_of(study.bill).keys() or {"energy"}
    return tuple(kind for kind in KIND_NAMES if kind in billed)


def kinds_saved_by(study: Study) -> tuple[str, ...]:
    """The figures of `Savings` (without wear) that have a charge on either bill."""
    billed = kinds_billed(study)
    return tuple(name for name, kinds in SAVINGS_FIGURES.items() if any(kind in billed for kind in kinds))
