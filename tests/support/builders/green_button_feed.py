"""Green Button feeds as a utility's download writes them: prefixes, links between entries, one block a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
_ADDRESS = "/espi/1_1/resource/Subscription/1/UsagePoint/1/MeterReading"

READING_TYPE: Mapping[str, Any] = {
    "accumulationBehaviour": 4,
    "commodity": 1,
    "flowDirection": 1,
    "intervalLength": 900,
    "powerOfTenMultiplier": 0,
    "uom": 72,
}


def reading(start_s: int, duration_s: int, value: object) -> str:
    """One reading."""
    return (
        f"<e:IntervalReading><e:timePeriod><e:duration>{duration_s}</e:duration><e:start>{start_s}</e:start>"
        f"</e:timePeriod><e:value>{value}</e:value></e:IntervalReading>"
    )


def readings(start: str, values: Sequence[object], minutes: int = 15) -> list[str]:
    """Readings in a row."""
    first_s, step_s = int(datetime.fromisoformat(start).timestamp()), minutes * 60
    return [reading(first_s + index * step_s, step_s, value) for index, value in enumerate(values)]


def entry(content: str, **links: Sequence[str]) -> str:
    """An entry with links by what they are for."""
    written = "".join(f'<link rel="{rel}" href="{href}"/>' for rel, hrefs in links.items() for href in hrefs)
    return f'<entry xmlns:e="http://naesb.org/espi">{written}<content>{content}</content></entry>\n'


def flow(number: int, blocks: Sequence[Sequence[str]], kind: Mapping[str, Any]) -> str:
    """The entries of one flow: its meter reading, its blocks and, last, its type."""
    meter, of_type = f"{_ADDRESS}/{number}", f"/espi/1_1/resource/ReadingType/{number}"
    written = "".join(f"<e:{name}>{value}</e:{name}>" for name, value in kind.items())
    return "".join(
        [
            entry("<e:MeterReading/>", self=[meter], related=[f"{meter}/IntervalBlock", of_type]),
            *(
                entry(
                    f"<e:IntervalBlock>{''.join(block)}</e:IntervalBlock>",
                    self=[f"{meter}/IntervalBlock/{index}"],
                    up=[f"{meter}/IntervalBlock"],
                )
                for index, block in enumerate(blocks)
            ),
            entry(f"<e:ReadingType>{written}</e:ReadingType>", self=[of_type]),
        ]
    )


def feed(*entries: str) -> str:
    """A whole file."""
    return _HEAD + "".join(entries) + "</feed>\n"


def simple_feed(values: Sequence[object], kind: Mapping[str, Any] | None = None, **changes: Any) -> str:  # noqa: ANN401
    """A feed of one flow from midnight on; `changes` are of its reading type."""
    return feed(flow(1, [readings("2022-07-01T00:00-04:00", values)], {**(kind or READING_TYPE), **changes}))
