"""What to do in an hour at each load: the policy of the search, as a response for the control law."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingResponse:
    """The meter to show at a net load: never above the ceiling, less where energy is given, more where it is taken."""

    ceiling_kw: float
    given_kw: float
    taken_kw: float

    def wanted_kw(self, net_load_kw: float) -> float:
        """The wanted meter.

        >>> CeilingResponse(ceiling_kw=1000.0, given_kw=0.0, taken_kw=200.0).wanted_kw(900.0)
        1000.0
        """
        if self.given_kw > 0:
            return min(self.ceiling_kw, max(0.0, net_load_kw - self.given_kw))
        return min(self.ceiling_kw, net_load_kw + self.taken_kw)
