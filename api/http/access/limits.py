"""How often one may ask: a limit for each key, for each address, and for keys that are not valid.

A limit counts in windows of a minute. Each process counts for itself: two of them allow twice as much. A limit that is
reached by invalid keys never locks out a valid one from the same address.
"""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.exceptions import HTTPException

from ridethrough.api.metrics import LIMITED

REQUESTS_PER_MINUTE = 6000
FAILURES_PER_MINUTE = 30
"""How often an address may show a key that is not valid."""


class Limits:
    """Counts requests; `requests_per_minute` is for one key, an address may ask twice as often."""

    def __init__(
        self, *, requests_per_minute: int = REQUESTS_PER_MINUTE, failures_per_minute: int = FAILURES_PER_MINUTE
    ) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._by_key = _Limit(by="key", most=requests_per_minute, of="requests by one key")
        self._by_address = _Limit(by="address", most=2 * requests_per_minute, of="requests from one address")
        self._failures = _Limit(by="failures", most=failures_per_minute, of="invalid keys from one address")

    def count_address(self, address: str) -> None:
        """Count a request from an address.

        Raises `HTTPException` 429, as the other two do, where that is more than the limit.
        """
        self._count(self._by_address, address)

    def count_key(self, name: str) -> None:
        """Count a request by a key."""
        self._count(self._by_key, name)

    def count_failure(self, address: str) -> None:
        """Count a request with a key that is not valid."""
        self._count(self._failures, address)

    def _count(self, limit: "_Limit", who: str) -> None:
        if self._limiter.hit(limit.item, limit.by, who):
            return
        LIMITED.labels(by=limit.by).inc()
        reset = self._limiter.get_window_stats(limit.item, limit.by, who).reset_time
        seconds = max(1, math.ceil(reset - time.time()))
        detail = f"at most {limit.most} {limit.of} in a minute; ask again in {seconds} s"
        raise HTTPException(429, detail, headers={"Retry-After": str(seconds)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    by: str
    most: int
    of: str

    @property
    def item(self) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self.most)
