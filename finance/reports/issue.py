"""When a report was issued, and by which version of the software."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The day of issue, and the version that worked the figures out."""

    on: date
    version: str

    @property
    def text(self) -> str:
        """As it stands on a report.

        >>> Issue(on=date(2026, 7, 1), version="1.2.0").text
        'issued 2026-07-01 by Ridethrough 1.2.0'
        """
        return f"issued {self.on.isoformat()} by Ridethrough {self.version}"
