"""The pre-flight check says who commands a device now, and where another controller would not be seen."""

from dataclasses import replace

from control_benches import control_bench

from ridethrough.api.cases.equipment import _of_commanding
from ridethrough.api.cases.site_checks import Severity
from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.bms.drivers.simulated import SimulatedUpsDriver


def test_a_setpoint_that_is_in_force_is_named_and_0_of_nobody_is_not() -> None:
    bench = control_bench()
    driver = SimulatedUpsDriver(bench.ups)
    assert list(_of_commanding("ups pod-1", bench.ups.reading(), driver)) == []
    bench.ups.order(DeviceSetpoint(charge_kw=0.0, discharge_kw=250.0, valid_for_s=60.0))
    (found,) = _of_commanding("ups pod-1", bench.ups.reading(), driver)
    assert found.severity is Severity.DOUBTFUL
    assert "discharge 250.0 kW" in found.says


def test_a_device_that_does_not_tell_how_long_hides_another_controller() -> None:
    bench = control_bench()
    driver = SimulatedUpsDriver(bench.ups)
    driver.capabilities = replace(driver.capabilities, tells_left=False)  # type: ignore[misc]
    (found,) = _of_commanding("ups pod-1", bench.ups.reading(), driver)
    assert "does not tell how long" in found.says
    assert "another controller" in found.do
