"""Where the points of SunSpec models lie in a device's registers, by the models' published definitions."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sunspec2.device import get_model_def
from sunspec2.mb import point_type_info
from sunspec2.mdef import ModelDefinitionError

from ridethrough.bms.drivers.driver import UnableToRead

BASES = (40000, 50000, 0)
"""Where a device may begin its models."""
_MARK = [0x5375, 0x6E53]
_END = 0xFFFF
_MOST_MODELS = 64

ReadRegisters = Callable[[int, int], Awaitable[list[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPoint:
    """A point of a model: its offset from the start of the model, size in registers, type, and its scale factor."""

    offset: int
    size: int
    type: str
    scale_factor: str | None


def points_of(model: int) -> Mapping[str, ModelPoint]:
    """The fixed points of a model.

    Raises `UnableToRead` for a model that is not published.

    >>> points_of(713)["WHAvail"]
    ModelPoint(offset=3, size=1, type='uint16', scale_factor='WH_SF')
    """
    try:
        definition = get_model_def(model)
    except ModelDefinitionError as error:
        raise UnableToRead(f"SunSpec has no model {model}") from error
    found, offset = {}, 0
    for point in definition["group"]["points"]:
        size = int(point.get("size") or point_type_info[point["type"]].len)
        factor = point.get("sf")
        found[point["name"]] = ModelPoint(
            offset=offset, size=size, type=point["type"], scale_factor=factor if isinstance(factor, str) else None
        )
        offset += size
    return found


async def models_in(read: ReadRegisters, base: int | None) -> Mapping[int, int]:
    """The first register of each model of a device; of several with the same number the first.

    Raises `UnableToRead` where there are no SunSpec models, and what `read` raises.
    """
    at = await _begin(read, base)
    found: dict[int, int] = {}
    for _ in range(_MOST_MODELS):
        number, length = await read(at, 2)
        if number == _END:
            return found
        found.setdefault(number, at)
        at += 2 + length
    raise UnableToRead(f"the device lists more than {_MOST_MODELS} SunSpec models without an end")


async def _begin(read: ReadRegisters, base: int | None) -> int:
    for each in BASES if base is None else (base,):
        try:
            mark = await read(each, 2)
        except UnableToRead:
            continue
        if mark == _MARK:
            return each + 2
    places = ", ".join(map(str, BASES if base is None else (base,)))
    raise UnableToRead(f"the device has no SunSpec models at register {places}")
