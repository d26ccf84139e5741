"""Who commands a device: whether the setpoint that it follows is one of those that we gave.

Two controllers of the same device on two machines know nothing of each other; nor does a building management system
that writes the same points. The device itself tells: what it follows was given by us, or by somebody else. Whoever
sees a setpoint of another commands nothing until none was seen for a while.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ridethrough.bms.drivers.driver import SAME_FRACTION, SAME_KW
from ridethrough.bms.drivers.readings import DeviceSetpoint, SetpointInForce

LATE_S = 1.5
"""A device counts whole seconds, and may have begun to count a little later than we saw."""
_LOOK_FOR = (
    "look for another controller of this device (on another machine or in another container), a building management "
    "system or a person that commands it; nothing is written to it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A setpoint of ours: its power (discharge above 0), its time, and when the device had it at the latest.

    Times are seconds of a clock that nobody can set.
    """

    net_discharge_kw: float
    valid_for_s: float
    at_s: float

    def left_s(self, now_s: float) -> float:
        """For how long the device may follow it still."""
        return self.valid_for_s - (now_s - self.at_s)


def follows(told: SetpointInForce) -> bool:
    """Whether something is in force: a power of 0 without a time is what a point holds that nobody commands."""
    if told.left_s is not None:
        return told.left_s > 0
    return abs(told.discharge_kw - told.charge_kw) > SAME_KW


GivenToAll = Mapping[str, Sequence[Given]]
"""What was given to each system."""


@dataclass(slots=True, kw_only=True)
class Commanding:
    """What we gave to one device, and what somebody else gave.

    After a setpoint of somebody else was seen, `quiet_s` seconds must pass without one before we command again. Two
    controllers should have different ones: the first to go on is then seen by the other, which stays silent.
    """

    quiet_s: float
    given: tuple[Given, ...] = ()
    other: str = ""
    _seen_at_s: float | None = field(default=None)

    def giving(self, setpoint: DeviceSetpoint, now_s: float) -> None:
        """Note a setpoint before it is written: from now on the device may follow it, or one before it.

        One before it of the same power counts while it lasts longer: the write may not reach the device.
        """
        given = Given(net_discharge_kw=setpoint.net_discharge_kw, valid_for_s=setpoint.valid_for_s, at_s=now_s)
        before = [
            each
            for each in self._still_given(now_s)
            if each.net_discharge_kw != given.net_discharge_kw or each.left_s(now_s) > given.valid_for_s
        ]
        self.given = (*before, given)

    def gave(self, now_s: float) -> None:
        """Note that the call which wrote the last one is over, however it ended: its time began before now."""
        self.given = (*self.given[:-1], *(replace(each, at_s=now_s) for each in self.given[-1:]))

    def see(self, told: SetpointInForce | None, asked_s: float) -> None:
        """Judge what the device said when it was asked at `asked_s`, or later."""
        why = self._not_ours(told, asked_s)
        if why:
            self.other, self._seen_at_s = f"{why}: {_LOOK_FOR}", asked_s
        elif self._seen_at_s is None or asked_s - self._seen_at_s >= self.quiet_s:
            self.other, self._seen_at_s = "", None

    def _not_ours(self, told: SetpointInForce | None, asked_s: float) -> str:
        if told is None or not follows(told):
            return ""
        power_kw = told.discharge_kw - told.charge_kw
        ours = self.given if told.left_s is None else self._still_given(asked_s)
        alike = [each for each in ours if _same(each.net_discharge_kw, power_kw)]
        says = f"charge {told.charge_kw:,.1f} kW, discharge {told.discharge_kw:,.1f} kW"
        if not alike:
            return f"it follows a setpoint that this controller did not give ({says})"
        left_s = max(each.left_s(asked_s) for each in alike)
        if told.left_s is not None and told.left_s > left_s + LATE_S:
            return (
                f"somebody renews its setpoint ({says}), or its time does not count down: {told.left_s:,.0f} s "
                f"are left, and this controller gave {max(0.0, left_s):,.0f}"
            )
        return ""

    def _still_given(self, now_s: float) -> Sequence[Given]:
        return [each for each in self.given if each.left_s(now_s) > -LATE_S]


def _same(one_kw: float, other_kw: float) -> bool:
    return abs(one_kw - other_kw) <= max(SAME_KW, SAME_FRACTION * abs(one_kw))
