"""The settings of a driver as a site file gives them, read with every fault found, each once."""

import math
import os
from collections.abc import Collection, Mapping
from typing import TypeVar

from ridethrough.domain import UpsMode
from ridethrough.domain.validation import Fault, UnableToAccept

DEFAULT_TIMEOUT_S = 3.0
LONGEST_TIMEOUT_S = 60.0
_LAST_PORT = 65_535
_T = TypeVar("_T")


class Settings:
    """Reads settings one by one and collects their faults; `finish` raises them all, with those nobody asked for."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given
        self._asked: set[str] = set()
        self._faults: list[Fault] = []

    def text(self, name: str, default: str | None = None) -> str:
        """A text; it must be there where it has no default."""
        value = self._value(name, default)
        if isinstance(value, str) and (value.strip() or default == ""):
            return value.strip()
        return self._wrong(name, value, "a text", default or "")

    def number(self, name: str, default: float | None = None, *, least: float = 0.0, most: float = math.inf) -> float:
        """A number above `least` and up to `most`."""
        value = self._value(name, default)
        right = isinstance(value, int | float) and not isinstance(value, bool) and least < value <= most
        if right and isinstance(value, int | float):
            return float(value)
        allowed = f"a number above {least:g}" + (f" and up to {most:g}" if most < math.inf else "")
        return self._wrong(name, value, allowed, default or 1.0)

    def optional_number(self, name: str) -> float | None:
        """A number above 0, or None where it is not given."""
        if name in self._given:
            return self.number(name)
        self._asked.add(name)
        return None

    def whole(self, name: str, default: int | None = None, *, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self._value(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        return self._wrong(name, value, f"a whole number from {least} to {most}", least if default is None else default)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._value(name, default)
        return value if isinstance(value, bool) else self._wrong(name, value, "true or false", default)

    def choice(self, name: str, allowed: Collection[str], default: str | None = None) -> str:
        """One of some words."""
        value = self._value(name, default)
        if isinstance(value, str) and value in allowed:
            return value
        return self._wrong(name, value, f"one of {', '.join(sorted(allowed))}", default or next(iter(allowed)))

    def mapping(self, name: str, allowed: Collection[str]) -> dict[str, str]:
        """Texts by name, whose names are among `allowed`; an empty one where it is not given."""
        value = self._value(name, {})
        if not isinstance(value, Mapping):
            return self._wrong(name, value, f"a mapping with keys out of {', '.join(sorted(allowed))}", {})
        for key, each in value.items():
            if key not in allowed:
                self._fault(f"{name}.{key}", each, f"left out: the keys are {', '.join(sorted(allowed))}")
            elif not isinstance(each, str) or not each:
                self._fault(f"{name}.{key}", each, "a text")
        return {str(key): str(each) for key, each in value.items() if key in allowed}

    def factors(self, name: str, allowed: Collection[str]) -> dict[str, float]:
        """Numbers other than 0 by name; an empty mapping where it is not given."""
        value = self._value(name, {})
        if not isinstance(value, Mapping):
            return self._wrong(name, value, f"a mapping with keys out of {', '.join(sorted(allowed))}", {})
        found = {}
        for key, each in value.items():
            right = isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each) and each != 0
            if key not in allowed:
                self._fault(f"{name}.{key}", each, f"left out: the keys are {', '.join(sorted(allowed))}")
            elif right:
                found[str(key)] = float(each)
            else:
                self._fault(f"{name}.{key}", each, "a number other than 0")
        return found

    def modes(self, name: str, default: Mapping[int, UpsMode]) -> dict[int, UpsMode]:
        """Modes by the whole numbers that stand for them."""
        value = self._value(name, default)
        if not isinstance(value, Mapping) or not value:
            return self._wrong(name, value, "a mapping of numbers to modes, as {1: normal}", dict(default))
        found = {}
        for key, each in value.items():
            number = str(key)
            if not number.isdecimal():
                self._fault(f"{name}.{key}", each, "left out, or under a whole number")
            elif each not in set(UpsMode):
                self._fault(f"{name}.{key}", each, f"one of {', '.join(UpsMode)}")
            else:
                found[int(number)] = UpsMode(each)
        return found

    def address(self, default_port: int) -> tuple[str, int]:
        """The host and the port of a device."""
        host = self.text("host")
        return host, self.whole("port", default_port, least=1, most=_LAST_PORT)

    def timeout_s(self) -> float:
        """How long one call may take."""
        return self.number("timeout_s", DEFAULT_TIMEOUT_S, most=LONGEST_TIMEOUT_S)

    def secret(self, name: str) -> str:
        """A secret out of the environment variable that `<name>_variable` names; empty where none is named.

        A site file is stored, shown and sent, so secrets never stand in it.
        """
        variable = self.text(f"{name}_variable", "")
        if name in self._given:
            self._asked.add(name)
            self._fault(name, "...", f"left out: put it into an environment variable and name that in {name}_variable")
        if variable and not os.environ.get(variable):
            self._fault(f"{name}_variable", variable, "the name of an environment variable that is set")
        return os.environ.get(variable, "")

    def require(self, holds: bool, name: str, value: object, allowed: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Note a fault unless `holds`."""
        if not holds:
            self._fault(name, value, allowed)

    def finish(self) -> None:
        """Raise `UnableToAccept` with every fault, if there is one."""
        for name in self._given:
            if name not in self._asked and not any(fault.field == name for fault in self._faults):
                self._fault(name, self._given[name], f"left out: the settings are {', '.join(sorted(self._asked))}")
        if self._faults:
            raise UnableToAccept(self._faults)

    def _value(self, name: str, default: object) -> object:
        self._asked.add(name)
        return self._given.get(name, default)

    def _wrong(self, name: str, value: object, allowed: str, instead: _T) -> _T:
        self._fault(name, value, allowed)
        return instead

    def _fault(self, name: str, value: object, allowed: str) -> None:
        self._faults.append(Fault(field=name, value=value, allowed=allowed))
