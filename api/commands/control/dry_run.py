"""The dry run of a control loop: drivers that follow setpoints on paper, and what they would have done and saved."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from ridethrough.api.cases.dry_run_money import DryRunMoney, dry_run_money, runs_of
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.bms.drivers.driver import Driver
from ridethrough.bms.journal import Journal, records_of
from ridethrough.bms.meter_on_paper import MeterOnPaper
from ridethrough.bms.shadow import ShadowMeter, ShadowUps
from ridethrough.domain import Site, UnableToAccept
from ridethrough.domain.site_equipment import SiteEquipment


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The drivers on paper of every device of a site."""

    meter: ShadowMeter
    ups: Mapping[str, ShadowUps]

    @classmethod
    def of(
        cls, site: Site, equipment: SiteEquipment, meter: Driver, ups: Mapping[str, Driver], journal: Journal
    ) -> "DryRun":
        """Put drivers on paper, and name the systems that are given setpoints in a dry run alone."""
        for ups_id, each in ups.items():
            if not (each.capabilities.dispatches and each.capabilities.expires):
                lacks = "does not end a setpoint by itself" if each.capabilities.dispatches else "takes no setpoints"
                says = "so it is commanded on paper only, and never without --shadow"
                typer.echo(f"{ups_id}: its device {lacks}, {says}")
        systems = {each.id: ShadowUps(ups[each.id], each) for each in site.ups}
        on_paper = MeterOnPaper(
            interval_s=site.interval_minutes * 60.0,
            cycle_s=equipment.cycle_s,
            timezone=site.timezone,
            tell=lambda each: journal.write("shadow_interval", each.start, interval=each.document()),
        )
        return cls(meter=ShadowMeter(meter, systems, on_paper), ups=systems)

    def tell(self, inputs: SiteInputs, journal: Journal, path: Path) -> None:
        """Say what it would have done, and saved; `path` is where the journal is."""
        meter = self.meter.on_paper
        meter.close()
        for ups_id, each in self.ups.items():
            moved = f"{each.moved.discharged_kwh:,.1f} kWh and taken {each.moved.charged_kwh:,.1f} kWh"
            typer.echo(f"{ups_id} would have given {moved}")
        peaks = f"{meter.without_kw:,.0f} kW as it was, {meter.with_kw:,.0f} kW as it would have been"
        typer.echo(f"the highest interval at the meter: {peaks}")
        money = None
        try:
            money = dry_run_money(inputs, runs_of(records_of(path)))
        except UnableToAccept as error:
            typer.echo(f"no money is said: {error}")
        else:
            _tell_money(money)
        journal.write(
            "shadow",
            datetime.now(UTC),
            moved={ups_id: asdict(each.moved) for ups_id, each in self.ups.items()},
            peak_without_kw=meter.without_kw,
            peak_with_kw=meter.with_kw,
            money=None if money is None else {**asdict(money), "saved": money.saved},
        )


def _tell_money(money: DryRunMoney) -> None:
    """Say what was saved, billing period by billing period."""
    left_out = f", {money.not_measured:,} not measured and in neither bill" if money.not_measured else ""
    typer.echo(f"by the site's tariff, over {money.measured:,} intervals{left_out}:")
    for each in money.periods:
        part = "whole" if each.whole else "a part of it: energy alone counts"
        bills = f"{each.without_total:,.2f} as it was, {each.with_total:,.2f} as it would have been"
        so_far = f"; its demand {each.so_far:+,.2f} so far, which the rest of it may change" if each.so_far else ""
        typer.echo(f"  {each.label} ({part}): {bills}; {each.counted:+,.2f} counts{so_far}")
    less = f"{money.bought_back:,.2f} for energy that batteries lack, {money.wear:,.2f} for wear"
    typer.echo(
        f"it would have saved {money.saved:,.2f} {money.currency} (less {less}); this is no month's or year's figure"
    )
    for note in money.notes:
        typer.echo(f"  {note}")
