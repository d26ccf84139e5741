"""The evidence by which plans are judged: the same value for `plan` and for `certify`."""

from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Interval, SiteState
from ridethrough.optimizer.certificate.evidence import Evidence, KnownLoad, Load


def evidence_of(inputs: SiteInputs, state: SiteState | None) -> Evidence:
    """The site, every known series and the state, without anything that a plan says."""
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
