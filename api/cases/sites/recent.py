"""Values that are dear to make, kept while they are in use."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """The values last asked for, at most `most` of them. Threads share it; a value may be made twice at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, tuple[Hashable, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T], *, of: Hashable | None = None) -> T:
        """The value of a key, made where it is not kept. Of each subject `of` only the value last asked for is kept."""
        subject = key if of is None else of
        with self._lock:
            kept = self._values.get(subject)
            if kept is not None and kept[0] == key:
                self._values.move_to_end(subject)
                return kept[1]
        value = make()
        with self._lock:
            self._values[subject] = key, value
            self._values.move_to_end(subject)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
