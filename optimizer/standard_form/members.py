"""Index sets as integers: the position of an index in its set, for many indices at once."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray
from pyomo.core.base.set import SetProduct

IndexArray = NDArray[np.intp]
_FIRST_LABEL = -2
"""Labels become integers below -1; integers are unchanged."""


class UnableToFind(LookupError):
    """An index is not in its set."""


class Labels:
    """Integers for the labels of index sets (such as the id of a UPS system)."""

    def __init__(self) -> None:
        self._codes: dict[object, int] = {}

    def code(self, label: object) -> int:
        """The integer for a label; integers are unchanged."""
        if isinstance(label, int):
            return label
        return self._codes.setdefault(label, _FIRST_LABEL - len(self._codes))


class Members:
    """The members of one index set, in its order.

    `codes` has one row for each member and one column for each dimension; a scalar's set has one member of no
    dimension.
    """

    def __init__(self, codes: IndexArray) -> None:
        self.codes = codes
        self._axes = [np.unique(column) for column in codes.T]
        keys = self._keys(list(codes.T)) if len(codes) else np.zeros(0, np.intp)
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]
        self._is_sorted = bool(np.array_equal(self._order, np.arange(len(keys))))

    def __len__(self) -> int:
        return len(self.codes)

    def positions(self, index: Sequence[IndexArray]) -> IndexArray:
        """The positions of indices in the set; `index` has one array (or number) for each dimension."""
        keys = self._keys(index)
        if not len(self):
            raise UnableToFind("an index of an empty set")
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self) - 1)
        if not np.array_equal(self._sorted[at], keys):
            raise UnableToFind("an index that is not in its set")
        return at if self._is_sorted else self._order[at]

    def _keys(self, index: Sequence[IndexArray]) -> IndexArray:
        """One integer for each index: its coordinates along the axes, ravelled."""
        keys: IndexArray = np.zeros(1, np.intp)
        for axis, column in zip(self._axes, index, strict=True):
            coordinate = np.minimum(np.searchsorted(axis, column), len(axis) - 1)
            if not np.array_equal(axis[coordinate], np.asarray(column)):
                raise UnableToFind("an index that is not in its set")
            keys = keys * len(axis) + coordinate
        return keys


class IndexSets:
    """The members of every set of a model, read once each."""

    def __init__(self) -> None:
        self.labels = Labels()
        self._members: dict[int, tuple[object, Members]] = {}

    def of(self, index_set: pyo.Set) -> Members:
        """The members of a set."""
        held = self._members.get(id(index_set))
        if held is None:
            held = self._members[id(index_set)] = (index_set, Members(self._codes(index_set)))
        return held[1]

    def _codes(self, index_set: pyo.Set) -> IndexArray:
        if isinstance(index_set, SetProduct):
            return _product(self._codes(part) for part in index_set.subsets())
        if index_set.dimen == 1:
            return np.array([[self.labels.code(each)] for each in index_set], np.intp).reshape(-1, 1)
        rows = [[self.labels.code(each) for each in (index if isinstance(index, tuple) else ())] for index in index_set]
        return np.array(rows, np.intp).reshape(len(rows), index_set.dimen or 0)


def _product(parts: Iterable[IndexArray]) -> IndexArray:
    """Every combination of rows, the last part running fastest."""
    codes = np.zeros((1, 0), np.intp)
    for part in parts:
        left = np.repeat(codes, len(part), axis=0)
        codes = np.hstack([left, np.tile(part, (len(codes), 1))])
    return codes
