"""What every model of an answer is based on."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Schema(BaseModel):
    """A part of an answer. Later versions may add fields; those that are there keep their meaning."""

    model_config = ConfigDict(extra="allow")


def answered_with(model: type[Schema], description: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers with one model; more may be joined by `|`."""
    return {status: {"model": model, "description": description}}
