"""What a pre-flight check read of a site's equipment, as an answer."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.api.cases.equipment import DeviceCheck
from ridethrough.api.cases.site_checks import Finding

_COLUMNS = ("device", "point", "address", "value", "unit", "problem")


def equipment_answer(devices: Sequence[DeviceCheck]) -> Answer:
    """Every point of every device, one row for each."""
    return Answer(
        document=lambda: {"devices": [_document(each) for each in devices]},
        rows=lambda: list(_rows(devices)),
        view=lambda: _view(devices),
        columns=_COLUMNS,
    )


def _document(device: DeviceCheck) -> dict[str, Any]:
    return {
        "device": device.name,
        "address": device.address,
        "points": [
            {
                "name": each.name,
                "address": each.address,
                "value": _shown(each.value),
                "unit": each.unit,
                "problem": each.problem,
            }
            for each in device.points
        ],
        "findings": [_finding(each) for each in device.findings],
    }


def _rows(devices: Sequence[DeviceCheck]) -> Iterator[dict[str, Any]]:
    for device in devices:
        for each in device.points:
            yield {
                "device": device.name,
                "point": each.name,
                "address": each.address,
                "value": _shown(each.value),
                "unit": each.unit,
                "problem": each.problem,
            }
        for finding in device.findings:
            yield {"device": device.name, "point": finding.field, "problem": f"{finding.says}: {finding.do}"}


def _view(devices: Sequence[DeviceCheck]) -> RenderableType:
    parts: list[RenderableType] = []
    for device in devices:
        table = Table("point", "where", "reads", "", box=None, padding=(0, 2, 0, 0))
        for each in device.points:
            value = f"{_shown(each.value)} {each.unit}".strip()
            table.add_row(each.name, each.address, value, Text(each.problem, "bold red"))
        parts += [Text(), Text.assemble((device.name, "bold"), f"  {device.address}"), Padding(table, (0, 0, 0, 2))]
        parts += [Text(f"  {each.field} {each.says}: {each.do}", "bold red") for each in device.findings]
    return Group(*parts, Text(), Text("Every point was read, and none was written."))


def _finding(finding: Finding) -> dict[str, str]:
    return {"severity": finding.severity.value, "field": finding.field, "says": finding.says, "do": finding.do}


def _shown(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, list):
        return ", ".join(str(_shown(each)) for each in value)
    return value if isinstance(value, str | int | bool) or value is None else str(value)
