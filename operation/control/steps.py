r"""The steps of the meter from one interval to the next where they are limited, as in the return from a storm.

    low = before - max(limit, alone) - ends ,    high = before + max(limit, alone) + begins             kW AC
    alone = max(|net[t] - net[t-1]|, |carried[t] - carried[t-1]|)

`net` is the meter with every battery at rest, `carried` the meter where batteries give only what the rectifiers cannot
carry. `begins` and `ends` are the steps that systems make themselves as charge that their reserve needs begins or ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ridethrough.operation.control.sharing import SystemInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterBefore:
    """The interval before: the meter, and the same with batteries at rest and with what they must give (kW AC).

    `charged_kw` is what each system drew to charge, and `needed_kw` the part of that which its reserve needed.
    """

    grid_kw: float
    net_load_kw: float
    carried_kw: float
    charged_kw: tuple[float, ...] = ()
    needed_kw: tuple[float, ...] = ()

    @classmethod
    def of(cls, systems: Sequence[SystemInterval], net_load_kw: float, grid_kw: float) -> "MeterBefore":
        """What the next interval has before it."""
        return cls(
            grid_kw=grid_kw,
            net_load_kw=net_load_kw,
            carried_kw=net_load_kw - sum(each.must_give_kw for each in systems),
            charged_kw=tuple(each.draws_kw for each in systems),
            needed_kw=tuple(min(each.draws_kw, each.needs_kw) for each in systems),
        )


def meter_band_kw(
    systems: Sequence[SystemInterval], net_load_kw: float, limit_kw: float, before: MeterBefore
) -> tuple[float, float]:
    """The lowest and the highest meter that the step into an interval allows."""
    carried_kw = net_load_kw - sum(each.must_give_kw for each in systems)
    alone_kw = max(abs(net_load_kw - before.net_load_kw), abs(carried_kw - before.carried_kw))
    nothing = (0.0,) * len(systems)
    charged, needed = before.charged_kw or nothing, before.needed_kw or nothing
    begins_kw = sum(max(0.0, each.needs_kw - was) for each, was in zip(systems, charged, strict=True))
    ends_kw = sum(max(0.0, was - each.draws_kw) for each, was in zip(systems, needed, strict=True))
    step_kw = max(limit_kw, alone_kw)
    return before.grid_kw - step_kw - ends_kw, before.grid_kw + step_kw + begins_kw
