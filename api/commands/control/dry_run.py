"""The dry run of a control loop: drivers that follow setpoints on paper, and what they would have done."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import typer

from ridethrough.bms.drivers.driver import Driver
from ridethrough.bms.journal import Journal
from ridethrough.bms.shadow import ShadowMeter, ShadowUps
from ridethrough.domain import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The drivers on paper of every device of a site."""

    meter: ShadowMeter
    ups: Mapping[str, ShadowUps]

    @classmethod
    def of(cls, site: Site, meter: Driver, ups: Mapping[str, Driver]) -> "DryRun":
        """Put drivers on paper, and name the systems that are given setpoints in a dry run alone."""
        for ups_id, each in ups.items():
            if not (each.capabilities.dispatches and each.capabilities.expires):
                lacks = "does not end a setpoint by itself" if each.capabilities.dispatches else "takes no setpoints"
                says = "so it is commanded on paper only, and never without --shadow"
                typer.echo(f"{ups_id}: its device {lacks}, {says}")
        on_paper = {each.id: ShadowUps(ups[each.id], each) for each in site.ups}
        interval_s = site.interval_minutes * 60.0
        return cls(meter=ShadowMeter(meter, tuple(on_paper.values()), interval_s=interval_s), ups=on_paper)

    def tell(self, journal: Journal) -> None:
        """Say what it would have done."""
        meter = self.meter.on_paper
        meter.close()
        for ups_id, each in self.ups.items():
            moved = f"{each.moved.discharged_kwh:,.1f} kWh and taken {each.moved.charged_kwh:,.1f} kWh"
            typer.echo(f"{ups_id} would have given {moved}")
        peaks = f"{meter.without_kw:,.0f} kW as it was, {meter.with_kw:,.0f} kW as it would have been"
        typer.echo(f"the highest interval at the meter: {peaks}")
        journal.write(
            "shadow",
            datetime.now(UTC),
            moved={ups_id: asdict(each.moved) for ups_id, each in self.ups.items()},
            peak_without_kw=meter.without_kw,
            peak_with_kw=meter.with_kw,
        )
