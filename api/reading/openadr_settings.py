"""The `openadr` section of a site's equipment: where events come from, and what each kind of them means here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ridethrough.bms.drivers.settings import Settings
from ridethrough.domain import ConditionKind

IMPORT_LIMIT, IGNORE = "import_limit", "ignore"
SIMPLE = "SIMPLE"
SIMPLE_LEVELS = (1, 2, 3)
LIMIT_TYPE = "IMPORT_CAPACITY_LIMIT"
ALERTS = (
    "ALERT_GRID_EMERGENCY",
    "ALERT_BLACK_START",
    "ALERT_POSSIBLE_OUTAGE",
    "ALERT_FLEX_ALERT",
    "ALERT_FIRE",
    "ALERT_FREEZING",
    "ALERT_WIND",
    "ALERT_TSUNAMI",
    "ALERT_AIR_QUALITY",
    "ALERT_OTHER",
)
DISPATCHES = ("DISPATCH_SETPOINT", "DISPATCH_SETPOINT_RELATIVE", "DISPATCH_INSTRUCTION")
KINDS = (*(f"{SIMPLE}_{level}" for level in SIMPLE_LEVELS), *ALERTS, *DISPATCHES, LIMIT_TYPE)
"""Everything that may have a meaning: levels 1 to 3 of SIMPLE, and payload types."""
USUAL: Mapping[str, str] = {
    "ALERT_GRID_EMERGENCY": ConditionKind.GRID_ALERT,
    "ALERT_BLACK_START": ConditionKind.GRID_ALERT,
    "ALERT_POSSIBLE_OUTAGE": ConditionKind.STORM,
    LIMIT_TYPE: IMPORT_LIMIT,
}
"""What they mean where a site says nothing; everything else is ignored."""
HOLD, GO_ON = "hold", "go_on"
_CONDITIONS = (ConditionKind.GRID_ALERT.value, ConditionKind.STORM.value)
_POLL_S, _MOST_POLL_S = 60.0, 3600.0
_SILENT_S, _MOST_SILENT_S = 900.0, 86_400.0
_TIMEOUT_S, _MOST_TIMEOUT_S = 10.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAdrSettings:
    """Where the server is, who we are to it, how often it is asked, and what its events mean.

    `meanings` gives a condition (`grid_alert`, `storm`), `import_limit` or `ignore` for the kinds of `KINDS`.
    """

    url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    program: str
    poll_s: float
    silent_s: float
    when_silent: str
    timeout_s: float
    meanings: Mapping[str, str]


def read_openadr_settings(written: Mapping[str, object]) -> OpenAdrSettings:
    """The settings of a site file; raises `UnableToAccept` with all their faults."""
    given = Settings(written)
    url = given.text("url").rstrip("/")
    given.require(
        url.startswith(("http://", "https://")), "url", url, "an address that begins with https:// or http://"
    )
    client_id, secret = given.text("client_id", ""), given.secret("client_secret")
    both = bool(client_id) == bool(secret)
    given.require(both, "client_id", client_id, "given with client_secret_variable, or both left out")
    token_url = given.text("token_url", f"{url}/auth/token")
    asked = given.mapping("events", KINDS)
    for kind, meaning in asked.items():
        allowed = (*_CONDITIONS, IGNORE) if kind != LIMIT_TYPE else (IMPORT_LIMIT, *_CONDITIONS, IGNORE)
        given.require(meaning in allowed, f"events.{kind}", meaning, f"one of {', '.join(allowed)}")
    made = OpenAdrSettings(
        url=url,
        token_url=token_url,
        client_id=client_id,
        client_secret=secret,
        scope=given.text("scope", ""),
        program=given.text("program", ""),
        poll_s=given.number("poll_s", _POLL_S, most=_MOST_POLL_S),
        silent_s=given.number("silent_s", _SILENT_S, most=_MOST_SILENT_S),
        when_silent=given.choice("when_silent", (HOLD, GO_ON), HOLD),
        timeout_s=given.number("timeout_s", _TIMEOUT_S, most=_MOST_TIMEOUT_S),
        meanings={kind: asked.get(kind, USUAL.get(kind, IGNORE)) for kind in KINDS},
    )
    given.require(made.silent_s > made.poll_s, "silent_s", made.silent_s, f"above poll_s, {made.poll_s:g}")
    given.finish()
    return made
