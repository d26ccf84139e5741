"""What a point of a device is, where it stands in its registers, and what the registers say."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sunspec2.mb import point_type_info

from ridethrough.bms.drivers.modbus.link import MOST_REGISTERS
from ridethrough.domain.validation import Checks

TYPES = ("int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
_MOST_POINTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPoint:
    """A point by its register: `count` values of `type` from `register` on, times `scale`.

    `values` turns raw numbers into words or truth; one that is not in it is not known. `lost` are raw numbers that say
    that the value is lost. Words of a value come in `word_order`. `inputs` reads input registers.
    """

    register: int
    type: str = "uint16"
    count: int = 1
    scale: float = 1.0
    values: Mapping[int, object] = field(default_factory=dict)
    lost: tuple[int, ...] = ()
    word_order: str = "big"
    inputs: bool = False
    sunspec: bool = False
    """Whether the type's own number for "not implemented" means a lost value."""

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(0 <= self.register < 1 << 16, "register", self.register, "from 0 to 65535")
        checks.require(self.sunspec or self.type in TYPES, "type", self.type, f"one of {', '.join(TYPES)}")
        checks.require(1 <= self.count <= _MOST_POINTS, "count", self.count, f"from 1 to {_MOST_POINTS}")
        checks.require(math.isfinite(self.scale) and self.scale != 0, "scale", self.scale, "a number that is not 0")
        checks.require(self.word_order in {"big", "little"}, "word_order", self.word_order, "big or little")
        checks.raise_faults()

    @property
    def size(self) -> int:
        """The registers of one value."""
        return int(point_type_info[self.type].len)

    @property
    def registers(self) -> range:
        """All registers of the point."""
        return range(self.register, self.register + self.size * self.count)

    def read_from(self, image: Mapping[int, int]) -> list[object]:
        """Its values out of registers that were read; None for one that is lost or has no meaning."""
        return [self._value([image[each] for each in part]) for part in _parts(self.registers, self.size)]

    def raw(self, value: float) -> list[int]:
        """The registers for a value; the nearest step of its scale."""
        number = value / self.scale
        data = point_type_info[self.type].to_data(number if self.type.startswith("float") else round(number))
        words = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
        return words if self.word_order == "big" else words[::-1]

    def _value(self, words: Sequence[int]) -> object:
        ordered = words if self.word_order == "big" else words[::-1]
        info = point_type_info[self.type]
        raw = info.data_to(b"".join(word.to_bytes(2, "big") for word in ordered))
        if raw in self.lost or (self.sunspec and not info.is_impl(raw)):
            return None
        if self.values:
            return self.values.get(raw)
        return raw * self.scale if math.isfinite(raw) else None


def blocks(registers: Iterable[int], largest_gap: int) -> Iterator[range]:
    """The questions that read all registers: as few as the protocol and the gaps allow.

    >>> list(blocks([1, 2, 9, 40], largest_gap=10))
    [range(1, 10), range(40, 41)]
    """
    ordered = sorted(set(registers))
    first = last = ordered[0]
    for each in ordered[1:]:
        if each - last - 1 > largest_gap or each - first + 1 > MOST_REGISTERS:
            yield range(first, last + 1)
            first = each
        last = each
    yield range(first, last + 1)


def _parts(registers: range, size: int) -> Iterator[range]:
    for at in range(0, len(registers), size):
        yield registers[at : at + size]
