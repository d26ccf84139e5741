"""Reading of a project file, for the cash flow of a study's saving.

The dataclasses of `finance` are the schema. Amounts are in the site's currency. The saving comes from the study; the
file says how it grows and degrades.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, GetPydanticSchema, TypeAdapter

from ridethrough.api.reading.files import read_yaml
from ridethrough.api.reading.site_documents import values_of
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.validation import Checks
from ridethrough.finance import (
    EXPENSED,
    Asset,
    Depreciation,
    Project,
    Replacement,
    YearlyAmount,
    cash_flow,
    macrs,
    straight_line,
)
from ridethrough.finance.study.valuation import Venture
from ridethrough.tariffs.documents.acceptance import accept, shown
from ridethrough.tariffs.documents.known_fields import Location

_WAYS = ("macrs_years", "straight_line_years", "fraction_by_year")
_PARTS: dict[str, dict[str, Any]] = {
    "assets": {"capital_cost": 0},
    "costs": {"amount": 0},
    "incentives": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DepreciationDocument:
    """The depreciation of a cost: one of three tables, with a part deducted at once (`bonus_fraction`)."""

    macrs_years: int | None = None
    straight_line_years: int | None = None
    half_year: bool = False
    fraction_by_year: tuple[float, ...] | None = None
    name: str = "own table"
    source: str = "the project file"
    bonus_fraction: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks()
        given = [name for name in _WAYS if getattr(self, name) is not None]
        checks.require(len(given) == 1, "", given, f"exactly one of {', '.join(_WAYS)}")
        halved = not self.half_year or self.straight_line_years is not None
        checks.require(halved, "half_year", self.half_year, "left out without straight_line_years")
        checks.fraction("bonus_fraction", self.bonus_fraction)
        checks.raise_faults()

    @property
    def table(self) -> Depreciation:
        """The table that it names.

        Raises `UnableToAccept` for an unknown table.
        """
        if self.macrs_years is not None:
            whole = macrs(self.macrs_years)
        elif self.straight_line_years is not None:
            whole = straight_line(self.straight_line_years, half_year=self.half_year)
        else:
            whole = Depreciation(name=self.name, source=self.source, fraction_by_year=self.fraction_by_year or ())
        return whole.with_bonus(self.bonus_fraction) if self.bonus_fraction else whole


Table = Annotated[
    Depreciation,
    GetPydanticSchema(
        lambda _, handler: AfterValidator(lambda document: document.table).__get_pydantic_core_schema__(
            DepreciationDocument, handler
        )
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementDocument(Replacement):
    """The replacement of a worn asset."""

    depreciation: Table = EXPENSED

    @property
    def replacement(self) -> Replacement:
        """The replacement as a value of `finance`."""
        return Replacement(**values_of(Replacement, self))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDocument(Asset):
    """An asset to buy."""

    depreciation: Table = EXPENSED
    replacement: ReplacementDocument | None = None

    @property
    def asset(self) -> Asset:
        """The asset as a value of `finance`."""
        replaced = self.replacement.replacement if self.replacement is not None else None
        return Asset(**values_of(Asset, self) | {"replacement": replaced})


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingsDocument(YearlyAmount):
    """How the study's saving develops over the years; its amount comes from the study.

    With `before_wear` it is the saving on the bill, otherwise the saving after wear.
    """

    name: str = "saving of the study"
    amount: float = field(default=0.0, init=False)
    factor_by_year: tuple[float, ...] = field(default=(), init=False)
    before_wear: bool = False

    @property
    def yearly_amount(self) -> YearlyAmount:
        """The saving as a value of `finance`, without its amount."""
        return YearlyAmount(**values_of(YearlyAmount, self))


One = Annotated[
    tuple[SavingsDocument, ...],
    GetPydanticSchema(
        lambda _, handler: AfterValidator(lambda line: (line,)).__get_pydantic_core_schema__(SavingsDocument, handler)
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDocument(Project):
    """A project without the amount of its saving."""

    assets: tuple[AssetDocument, ...] = ()
    savings: One = (SavingsDocument(),)

    def __post_init__(self) -> None:
        try:
            Project.__post_init__(self)
        except UnableToAccept as error:
            named = [replace(each, field=each.field.replace("savings.0", "savings")) for each in error.faults]
            raise UnableToAccept(named) from error

    @property
    def project(self) -> Project:
        """The project as a value of `finance`."""
        assets = tuple(each.asset for each in self.assets)
        savings = tuple(each.yearly_amount for each in self.savings)
        return Project(**values_of(Project, self) | {"assets": assets, "savings": savings})


ProjectDocument.__pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)  # type: ignore[attr-defined]
PROJECT = TypeAdapter(ProjectDocument)


def read_project_file(path: Path) -> Venture:
    """Read a project file.

    Raises `UnableToAccept` with every fault in it.
    """
    return read_project(read_yaml(path), source=path.name)


def read_project(document: object, *, source: str) -> Venture:
    """Turn a project document into a project whose saving is a study's.

    Raises `UnableToAccept` with every fault in it.
    """
    if not isinstance(document, Mapping):
        value = "an empty document" if document is None else shown(document)
        raise UnableToAccept([Fault(field="", source=source, value=value, allowed="a mapping of fields")])
    given: ProjectDocument = accept(PROJECT, document, source=source, stand_in=_valid_part)
    project = given.project
    try:
        cash_flow(project)
    except UnableToAccept as error:
        raise UnableToAccept(fault.in_source(source) for fault in error.faults) from error
    return Venture(project=project, before_wear=given.savings[0].before_wear)


def _valid_part(place: Location, given: object) -> dict[str, Any] | None:
    """The stand-in for a refused part of a project document, see `accept`."""
    match place:
        case ("savings" | "taxes",):
            return {}
        case ("assets", int(), "depreciation") | ("assets", int(), "replacement", "depreciation"):
            return {"straight_line_years": 1}
        case ("assets", int(), "replacement"):
            return {"cost": 0, "after_years": []}
        case (str(name), int(number)) if name in _PARTS:
            said = given.get("name") if isinstance(given, Mapping) else None
            return {**_PARTS[name], "name": said if isinstance(said, str) and said else f"number {number}"}
    return None
