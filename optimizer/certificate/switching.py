"""The limit on switching: no system begins to discharge more often in a local day than the site allows."""

from collections import Counter
from collections.abc import Iterator, Sequence

from ridethrough.domain import SiteState
from ridethrough.optimizer.certificate.limits import TOLERANCE_KW
from ridethrough.optimizer.certificate.system import SystemReplay


def switching_violations(systems: Sequence[SystemReplay]) -> Iterator[str]:
    """Name each system and day with too many discharges; what loads need beyond the rectifiers is none."""
    for each in systems:
        site, horizon = each.evidence.site, each.horizon
        most = site.dispatch.most_discharges_per_day
        if most is None:
            continue
        gives = (each.discharge_kw > each.forced_kw + TOLERANCE_KW).tolist()
        begins = [t for t, given in enumerate(gives) if given and not (t and gives[t - 1])]
        counts = Counter(horizon.start_of(t).date() for t in begins)
        today = horizon.start_of(0).date()
        used = (each.evidence.state or SiteState()).discharges_today.get(each.ups.id, 0)
        for day, count in sorted(counts.items()):
            before = used if day == today else 0
            if before + count > most:
                yield (
                    f"{each.ups.id}: begins to discharge {count} times on {day}"
                    f"{f' after {before} before the plan' if before else ''}, and the site allows {most}"
                )
