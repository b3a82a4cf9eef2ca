"""The five fields of a listing, as drafted and as decided."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

FieldName = Literal["title", "alt_text", "tags", "category", "description"]
FIELD_NAMES: Final[tuple[FieldName, ...]] = (
    "title",
    "alt_text",
    "tags",
    "category",
    "description",
)

NotAProduct = Literal["no", "screenshot", "receipt", "person", "empty_box", "other"]


class Draft(BaseModel):
    """What a listing says. Tags and category come from the shop's own lists."""

    model_config = ConfigDict(extra="forbid")

    title: str = ""
    alt_text: str = ""
    tags: list[str] = Field(default_factory=list)
    category: str = ""
    description: str = ""


def differing(one: Draft, other: Draft) -> list[FieldName]:
    """The fields in which two drafts differ by more than spare space or the order of tags."""
    return [name for name in FIELD_NAMES if _words(one, name) != _words(other, name)]


def _words(draft: Draft, name: FieldName) -> list[str]:
    return sorted(draft.tags) if name == "tags" else getattr(draft, name).split()


class Confidence(BaseModel):
    """How sure the reader is of each field, 0 (cannot tell) to 1."""

    model_config = ConfigDict(extra="forbid")

    title: float = Field(default=0.0, ge=0, le=1)
    alt_text: float = Field(default=0.0, ge=0, le=1)
    tags: float = Field(default=0.0, ge=0, le=1)
    category: float = Field(default=0.0, ge=0, le=1)
    description: float = Field(default=0.0, ge=0, le=1)

    def below(self, threshold: float) -> list[FieldName]:
        """The fields of which the reader is less sure than `threshold`."""
        return [name for name in FIELD_NAMES if getattr(self, name) < threshold]


class Usage(BaseModel):
    """Tokens one model call took, as Converse reports them, and what they cost."""

    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None = Field(default=None, description="None where the price is not known")


class Note(BaseModel):
    """What the checks changed in a field or found wrong with it, in a sentence for the owner."""

    field: FieldName | None = Field(default=None, description="None: about the whole draft")
    text: str


class Reading(BaseModel):
    """One pass of the reader over one photo, after the style doc's checks."""

    draft: Draft
    confidence: Confidence
    not_a_product: NotAProduct
    notes: list[Note] = Field(default_factory=list)
    style_version: str
    prompt_version: str = Field(default="", description="empty where it began before there was one")
    usage: list[Usage]
