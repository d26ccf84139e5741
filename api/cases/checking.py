"""Everything that is wrong, doubtful or assumed about a site, before it is switched on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ridethrough.api.cases import site_checks as checks
from ridethrough.api.cases.site_checks import Finding, Severity
from ridethrough.api.reading.site_file import SiteInputs, read_site_file
from ridethrough.domain import UnableToAccept

CHECKS: tuple[Callable[[SiteInputs, datetime], Iterable[Finding]], ...] = (
    checks.meter,
    checks.loads,
    checks.series,
    checks.reserve,
    checks.batteries,
    checks.tariff,
    checks.prices,
    checks.assumed,
)
"""The checks in the order of their report; a new check is a function and its name here."""


class Readiness(StrEnum):
    """Whether a site can be switched on, by its check."""

    READY = "ready"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCheck:
    """The findings of a check; a site that could not be read has no `name`."""

    source: str
    name: str
    findings: tuple[Finding, ...]

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(each for each in self.findings if each.severity is severity)

    @property
    def verdict(self) -> Readiness:
        """Wrong if any finding is wrong, else doubtful if any is doubtful, else ready (also with assumptions)."""
        if self.of(Severity.WRONG):
            return Readiness.WRONG
        return Readiness.DOUBTFUL if self.of(Severity.DOUBTFUL) else Readiness.READY


def check_site_file(path: Path, now: datetime) -> SiteCheck:
    """Check a site file and everything that it names; faults in reading count as wrong, and all are listed."""
    try:
        inputs = read_site_file(path)
    except UnableToAccept as error:
        return SiteCheck(source=path.name, name="", findings=tuple(_refused(error)))
    name = inputs.site.name or inputs.site.id
    return SiteCheck(source=path.name, name=name, findings=check_site(inputs, now))


def check_site(inputs: SiteInputs, now: datetime) -> tuple[Finding, ...]:
    """Check a site that could be read."""
    return tuple(finding for check in CHECKS for finding in check(inputs, now))


def _refused(error: UnableToAccept) -> Iterator[Finding]:
    for fault in error.faults:
        field = ": ".join(part for part in (fault.source, fault.field) if part)
        yield Finding(Severity.WRONG, field, f"is {fault.value!r}", f"must be {fault.allowed}")
