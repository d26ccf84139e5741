"""What plans are judged by, from a site's inputs: one value for `plan` and for `certify`."""

from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Interval, SiteState
from ridethrough.optimizer.certificate.evidence import Evidence, KnownLoad, Load


def evidence_of(inputs: SiteInputs, state: SiteState | None) -> Evidence:
    """Site, every series as far as it is known, and the state; what a plan says does not enter."""
    prices = inputs.prices
    return Evidence(
        site=inputs.site,
        load_kw={ups_id: _known(load) for ups_id, load in inputs.loads.items()},
        unprotected_load_kw=_known(inputs.unprotected_load),
        state=state,
        prices_known=None if prices is None else Interval(start=prices.start, end=prices.end),
        site_sha256=inputs.provenance.sha256,
    )


def _known(load: TimeSeries | float) -> Load:
    if not isinstance(load, TimeSeries):
        return load
    return KnownLoad(source=load.source, start=load.start, step=load.step, values_kw=load.values)
