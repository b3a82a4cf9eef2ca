"""The rules that photos are held against, and how they are told."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from photo_tagger.domain.rules import RulesDoc
from photo_tagger_cli.check.names import shown
from photo_tagger_local.errors import CommandError

_SAID = {
    "missing": " is missing",
    "extra_forbidden": " is no rule; is it misspelt?",
    "model_type": ': an object is expected, such as {"min": 40}',
}


@dataclass(frozen=True)
class Rules:
    """A rules doc, and the words that say where it is from."""

    doc: RulesDoc
    source: str

    @property
    def limits(self) -> str:
        """Every limit, in one line."""
        light, shape = self.doc.mean_luminance, self.doc.aspect_ratio
        return (
            f"brightness {light.min:g} to {light.max:g}, "
            f"sharpness at least {self.doc.sharpness.min:g}, "
            f"shorter side at least {self.doc.min_edge_px} pixels, "
            f"width by height {shape.min:g} to {shape.max:g}"
        )


def read_rules(path: Path | None) -> Rules:
    """The rules in a file, or the product's own without one. Raises CommandError."""
    if path is None:
        return Rules(RulesDoc(version="default"), "the product's defaults")
    try:
        doc = RulesDoc.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{shown(path)} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        faults = "; ".join(_fault(fault) for fault in error.errors())
        raise CommandError(f"{shown(path)} needs mending: {faults}") from error
    return Rules(doc, f"{shown(path)}, version {shown(doc.version)}")


def _fault(fault: ErrorDetails) -> str:
    """The field, and what is wrong with it."""
    field = shown(".".join(map(str, fault["loc"])))
    if fault["type"] == "json_invalid" or not field:
        return shown(fault["msg"])
    if fault["type"] in _SAID:
        return f"{field}{_SAID[fault['type']]}"
    found = shown(fault["input"])
    return f"{field}: {shown(fault['msg'])}, and it is {found!r}"
