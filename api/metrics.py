"""What is counted for Prometheus. Everything that counts imports from here; `GET /metrics` shows it.

Labels have few values: route templates and kinds, never a site, a key or a path.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_ANSWER_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

REQUESTS = Counter(
    "ridethrough_requests", "Answers, by route and status.", ("method", "route", "status"), registry=REGISTRY
)
REQUEST_S = Histogram(
    "ridethrough_request_seconds",
    "From the head of a request to the end of its answer.",
    ("method", "route"),
    buckets=_ANSWER_S,
    registry=REGISTRY,
)
REQUESTS_IN_PROGRESS = Gauge("ridethrough_requests_in_progress", "Requests without an answer yet.", registry=REGISTRY)
LIMITED = Counter("ridethrough_limited", "Requests refused because one asked too often.", ("by",), registry=REGISTRY)
SOLVES = Counter(
    "ridethrough_solves", "Work that solvers were given, by how it ended.", ("work", "outcome"), registry=REGISTRY
)
SOLVE_S = Histogram(
    "ridethrough_solve_seconds",
    "Time of work in a solver, without the wait for one.",
    ("work",),
    buckets=_ANSWER_S,
    registry=REGISTRY,
)
SOLVERS = Gauge("ridethrough_solvers", "Solver processes, by what they do.", ("state",), registry=REGISTRY)
SOLVES_WAITING = Gauge("ridethrough_solves_waiting", "Requests that wait for a solver.", registry=REGISTRY)
PLANS = Counter("ridethrough_plans", "Plans made, by status.", ("status",), registry=REGISTRY)
SETPOINTS = Counter("ridethrough_setpoints", "Answers of setpoints/now, by mode.", ("mode",), registry=REGISTRY)
TELEMETRY = Counter(
    "ridethrough_telemetry", "Telemetry received, by what became of it.", ("outcome",), registry=REGISTRY
)
