"""Reads fields of a URDB rate, and collects what cannot be priced, with reasons."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ridethrough.domain.validation import UnableToAccept
from ridethrough.tariffs.not_priced import NotPriced, UnableToPrice

NO_LIMIT = 1e37  # 1e38 (also as a 32-bit float, 9.9999996e37) stands for "no limit" in some files

_ALIASES = {
    "coincidentrateschedule": "coincidentschedule",
    "coincidentrateunits": "coincidentrateunit",
    "demandrateunits": "demandrateunit",
    "demandreactpwrcharge": "demandreactivepowercharge",
    "demandreactivepwrcharge": "demandreactivepowercharge",
    "flatdemandunits": "flatdemandunit",
    "sourcereference": "source",
    "ratename": "name",
    "utilityname": "utility",
}


@dataclass(slots=True)
class UrdbReader:
    """One rate with lower-case keys, the reasons to refuse it, and the remarks that its bills repeat."""

    fields: Mapping[str, Any]
    reasons: list[NotPriced] = field(default_factory=list)
    remarks: list[NotPriced] = field(default_factory=list)

    @classmethod
    def of(cls, rate: Mapping[str, Any]) -> "UrdbReader":
        """Convert keys to lower case and unify known spellings; empty values count as absent."""
        lowered = {str(key).lower(): value for key, value in rate.items()}
        named = {_ALIASES.get(key, key): value for key, value in lowered.items()}
        return cls(fields={key: value for key, value in named.items() if value not in (None, "", [], {})})

    def refuse(self, name: str, reason: str) -> None:
        """Note why the rate cannot be priced."""
        self.reasons.append(NotPriced(field=name, reason=reason))

    def remark(self, name: str, reason: str) -> None:
        """Add a remark that every bill repeats."""
        self.remarks.append(NotPriced(field=name, reason=reason))

    def raise_reasons(self) -> None:
        """Raise `UnableToPrice` with every reason, if there is one."""
        if self.reasons:
            raise UnableToPrice(self.reasons)

    def text(self, name: str) -> str:
        """A text, empty where absent."""
        value = self.fields.get(name, "")
        return value.strip() if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, value: object = None) -> float:
        """A number, 0 where absent; anything else is a reason to refuse."""
        given = self.fields.get(name) if value is None else value
        if given in (None, ""):
            return 0.0
        try:
            number = float(given)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
        if math.isfinite(number):
            return number
        self.refuse(name, f"{given!r} is not a number")
        return 0.0

    def day(self, name: str) -> date | None:
        """A date from unix seconds (of midnight somewhere in America), or from ISO text."""
        given = self.fields.get(name)
        if isinstance(given, str) and "-" in given:
            try:
                return date.fromisoformat(given[:10])
            except ValueError:
                self.refuse(name, f"{given!r} is not a date")
                return None
        seconds = self.number(name)
        return datetime.fromtimestamp(seconds, UTC).date() if seconds else None

    def structure(self, name: str) -> list[list[Mapping[str, Any]]]:
        """Periods of tiers, with lower-case keys in the tiers; empty where absent or unreadable (refused)."""
        given = self.fields.get(name, [])
        readable = isinstance(given, Sequence) and all(
            isinstance(period, Sequence) and period and all(isinstance(tier, Mapping) for tier in period)
            for period in given
        )
        if not readable:
            self.refuse(name, "must be a list of periods, each a list of tiers")
            return []
        return [[{str(key).lower(): value for key, value in tier.items()} for tier in period] for period in given]

    def schedule(self, name: str, periods: int) -> list[list[int]]:
        """12 months by 24 hours of period indices; empty where absent or unreadable (refused).

        A rate with a single period needs no schedule.
        """
        given = self.fields.get(name)
        if given is None and periods == 1:
            return [[0] * 24 for _ in range(12)]
        try:
            rows = [[int(index) for index in row] for row in given]  # type: ignore[union-attr]
        except (TypeError, ValueError):
            rows = []
        if len(rows) != 12 or any(len(row) != 24 for row in rows):  # noqa: PLR2004 - months and hours
            self.refuse(name, "must be 12 months of 24 hours, to tell which period holds")
            return []
        unknown = {index for row in rows for index in row if not 0 <= index < periods}
        if unknown:
            self.refuse(name, f"names period {min(unknown)}, but there are rates for periods 0 to {periods - 1} only")
            return []
        return rows

    def limit(self, name: str, tier: Mapping[str, Any]) -> float | None:
        """A tier's upper limit; None if it has none."""
        limit = self.number(name, tier.get("max")) if tier.get("max") not in (None, "") else 0.0
        return None if limit <= 0 or limit >= NO_LIMIT else limit

    def price(self, name: str, tier: Mapping[str, Any]) -> tuple[float, float]:
        """Rate and adjustment of a tier."""
        return self.number(f"{name}.rate", tier.get("rate")), self.number(f"{name}.adj", tier.get("adj"))


def exact_sum(*values: float) -> float:
    """Add figures in decimals: 13.451 + 5.628 is 19.079."""
    return float(sum((Decimal(repr(value)) for value in values), Decimal()))


def faults_of(error: UnableToAccept) -> str:
    """The faults of a refused value as one line."""
    return "; ".join(str(fault) for fault in error.faults)


def rates_of(document: object) -> list[Mapping[str, Any]]:
    """Find the rates in a document: a rate, a response with `items`, a list of rates, or JSON text of any of them.

    Raises `UnableToPrice` if there is none.
    """
    found = document
    for _ in range(3):  # some files hold text within text within text
        if isinstance(found, str | bytes):
            try:
                found = json.loads(found)
            except ValueError as error:
                raise UnableToPrice([NotPriced(field="document", reason=f"is not JSON: {error}")]) from error
    if isinstance(found, Mapping):
        lowered = {str(key).lower(): value for key, value in found.items()}
        if "errors" in lowered or "error" in lowered:
            reason = f"is an error message: {lowered.get('errors', lowered.get('error'))}"
            raise UnableToPrice([NotPriced(field="document", reason=reason)])
        found = lowered.get("items", [found])
    rates = [rate for rate in found if isinstance(rate, Mapping)] if isinstance(found, list) else []
    if not rates:
        raise UnableToPrice([NotPriced(field="document", reason="holds no rate")])
    return rates
