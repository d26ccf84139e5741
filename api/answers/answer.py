"""One answer in all its forms."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType

Document = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The output of a command and of the service; each form is made when it is needed.

    `document` is the JSON object, `rows` are flat records for CSV and data frames (with `columns` where there may be no
    row; `times` are those that hold a time), `view` is what a terminal shows, `picture` a self-contained page.
    """

    document: Callable[[], Document]
    rows: Callable[[], Rows]
    view: Callable[[], RenderableType]
    picture: Callable[[], str] | None = None
    columns: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
