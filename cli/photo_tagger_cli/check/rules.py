"""The rules that photos are held against, and how they are told."""

from dataclasses import dataclass
from pathlib import Path

from photo_tagger.domain.rules import RulesDoc
from photo_tagger_cli.check.names import shown
from photo_tagger_cli.docs_command.files import rules_in


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
    doc = rules_in(path)
    return Rules(doc, f"{shown(path)}, version {shown(doc.version)}")
