"""Faults in input, as data: where, what was given, what is allowed; all faults at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

LARGEST = 1e15
"""No figure of a site is larger, in whatever currency; sums and products of larger ones leave the range of numbers."""
LEAST_EFFICIENCY = 1e-6
"""A smaller one is an error of writing, and what is divided by it overflows."""
SMALLEST = 1e-15
"""No figure of a site that is divided by is smaller."""
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault in an input.

    `field` is the dotted path inside the document (`ups.pod-1.battery.nominal_kwh`, or `row 17`). `source` is the file
    that it came from (empty for a request body).
    """

    field: str
    value: object
    allowed: str
    source: str = ""

    def __str__(self) -> str:
        """Format the fault as one line that a person can act on.

        >>> print(Fault(source="site.yaml", field="units", value=-1, allowed="a whole number of at least 1"))
        site.yaml: units is -1, must be a whole number of at least 1
        """
        place = ": ".join(part for part in (self.source, self.field) if part)
        return f"{place} is {self.value!r}, must be {self.allowed}"

    def under(self, path: str) -> "Fault":
        """The same fault with `path` before its field, for the document that contains the faulty object."""
        return replace(self, field=f"{path}.{self.field}" if self.field else path)

    def in_source(self, source: str) -> "Fault":
        """The same fault with its file, unless a file is already named."""
        return self if self.source else replace(self, source=source)


class UnableToAccept(ValueError):
    """Input was refused; `faults` lists everything that is wrong with it, each fault once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        listed = tuple(faults)
        self.faults = tuple(fault for index, fault in enumerate(listed) if fault not in listed[:index])
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type["UnableToAccept"], tuple[tuple[Fault, ...]]]:
        """Pickle the faults and not their text, so that the error can move between processes."""
        return UnableToAccept, (self.faults,)


@dataclass(slots=True)
class Checks:
    """Collects the faults of one object, then raises them together."""

    faults: list[Fault] = field(default_factory=list)

    def require(self, condition: bool, name: str, value: object, allowed: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Note a fault unless `condition` holds."""
        if not condition:
            self.faults.append(Fault(field=name, value=value, allowed=allowed))

    def include(self, check: Callable[[], object]) -> None:
        """Note the faults that another check raises."""
        try:
            check()
        except UnableToAccept as error:
            self.faults.extend(error.faults)

    def positive(self, name: str, value: float) -> None:
        """Note a fault unless `value` is above 0, and no larger than `LARGEST`."""
        self.require(value > 0, name, value, "a number above 0")
        self._not_too_small(name, value)
        self._not_too_large(name, value)

    def not_negative(self, name: str, value: float) -> None:
        """Note a fault unless `value` is at least 0, and no larger than `LARGEST`."""
        self.require(value >= 0, name, value, "a number of at least 0")
        self._not_too_large(name, value)

    def _not_too_small(self, name: str, value: float) -> None:
        self.require(not 0 < value < SMALLEST, name, value, f"at least {SMALLEST:g}")

    def _not_too_large(self, name: str, value: float) -> None:
        self.require(not value > LARGEST, name, value, f"at most {LARGEST:g}")

    def fraction(self, name: str, value: float) -> None:
        """Note a fault unless 0 <= `value` <= 1."""
        self.require(0 <= value <= 1, name, value, f"a fraction from 0 to 1{_not_percent(value)}")

    def efficiency(self, name: str, value: float) -> None:
        """Note a fault unless `value` is a fraction that one can divide by: from `LEAST_EFFICIENCY` to 1."""
        least = "" if not 0 < value < LEAST_EFFICIENCY else f" (at least {LEAST_EFFICIENCY:g})"
        allowed = f"a fraction above 0 and up to 1{least}{_not_percent(value)}"
        self.require(LEAST_EFFICIENCY <= value <= 1, name, value, allowed)

    def raise_faults(self) -> None:
        """Raise `UnableToAccept` with every fault noted, if there is one."""
        if self.faults:
            raise UnableToAccept(self.faults)


def _not_percent(value: float) -> str:
    """A question for a figure that looks like a percentage."""
    return f" (did you mean {value / _PERCENT:g}?)" if 1 < value <= _PERCENT else ""
