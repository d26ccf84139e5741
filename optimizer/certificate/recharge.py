r"""The time to recharge after an outage, where a policy limits it: no system trades whose recharge takes longer.

    hours = taken / (eta_c * power)
    power = min(charger, rectifier - highest load, eta_rect * import left at the highest loads)         kW DC

`taken` is what the replayed outage of the policy takes from the units that are left, with the most tolerated failures,
at the highest load that it must carry. Charge taper is not in it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.certificate.limits import TOLERANCE_KW, moment
from ridethrough.optimizer.certificate.outage import inverter_input_kw
from ridethrough.optimizer.certificate.system import SystemReplay

FloatArray = NDArray[np.float64]

_ROUNDING = 1e-3
"""How much longer than the limit a recharge may take: outages are replayed in steps."""


def recharge_violations(systems: Sequence[SystemReplay], others_kw: FloatArray) -> Iterator[str]:
    """Name the first discharge of each system that a limit of its recharge forbids; `others_kw` is the other load."""
    import_kw = systems[0].evidence.site.interconnection.import_limit_kw
    inputs_kw = {each.ups.id: float(each.resting_kw.max()) for each in systems}
    for each in systems:
        ups, limit_h = each.ups, each.ups.reserve.recharge_limit_h
        trades = each.discharge_kw > each.forced_kw + TOLERANCE_KW
        if limit_h is None or ups.id in each.evidence.floor_kwh or not trades.any():
            continue
        beside_kw = float(others_kw.max()) + sum(kw for ups_id, kw in inputs_kw.items() if ups_id != ups.id)
        hours = _recharge_h(each, import_kw - beside_kw)
        if hours > limit_h * (1 + _ROUNDING):
            yield (
                f"{ups.id}: discharges although a recharge after an outage takes {hours:.2f} h of {limit_h:g} h "
                f"allowed at {moment(each.horizon, int(np.argmax(trades)))}"
            )


def _recharge_h(system: SystemReplay, import_kw: float) -> float:
    """The hours that one system needs, with so much import for its load and its charge; infinite without power."""
    ups = system.ups
    units = ups.units_in_service
    highest = int(np.argmax(system.carried_kw))
    load_dc_kw = float(inverter_input_kw(ups, np.array([system.carried_kw[highest] / units]))[0]) * units
    rectifier_kw = min(ups.input_limit_kw, import_kw) * ups.rectifier_efficiency
    power_kw = min(ups.charge_limit_kw, rectifier_kw - load_dc_kw)
    unavailable_kwh = (ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction) * ups.weakest_capacity_kwh
    needed_kwh = float(system.policy.needed_kwh[highest] - system.uncounted_kwh[highest])
    taken_kwh = (needed_kwh / units - unavailable_kwh) * (units - ups.failures_left)
    return taken_kwh / ups.battery.charge_efficiency / power_kw if power_kw > 0 else np.inf
