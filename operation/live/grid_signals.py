"""What the grid asks of a site for a time, beside what its own document says."""

from dataclasses import dataclass, replace

from ridethrough.domain import ReserveCondition, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSignals:
    """Conditions that came up; the lowest import limit that is asked for now (kW; None: none is).

    `held_because` says why nothing may be traded (empty: it may).
    """

    conditions: tuple[ReserveCondition, ...] = ()
    import_limit_kw: float | None = None
    held_because: str = ""

    def on(self, site: Site) -> Site:
        """The site with these conditions besides its own."""
        return replace(site, conditions=(*site.conditions, *self.conditions)) if self.conditions else site


NO_SIGNALS = GridSignals()
_LEAST_KW = 1e-3
"""A site has an import limit above 0, and may be asked to import nothing."""


def limited(site: Site, import_limit_kw: float | None) -> Site:
    """The site under an import limit that is asked for now, where that is lower than its own."""
    limits = site.interconnection
    if import_limit_kw is None or import_limit_kw >= limits.import_limit_kw:
        return site
    return replace(site, interconnection=replace(limits, import_limit_kw=max(import_limit_kw, _LEAST_KW)))
