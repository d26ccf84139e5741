"""The roles of callers, for those who only name them."""

from enum import StrEnum


class Role(StrEnum):
    """What a caller may do; each role may do all that those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what another one may."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER = tuple(Role)
