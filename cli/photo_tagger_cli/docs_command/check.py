"""`photo-tagger docs check`: what a doc was understood to say."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from photo_tagger.domain.rules import RulesDoc
from photo_tagger.domain.shop_docs import DocKind
from photo_tagger.domain.style import StyleDoc
from photo_tagger_cli.check.names import shown
from photo_tagger_cli.docs_command.files import kind_by_name, rules_in, style_in


def check_doc(path: Path, kind: DocKind | None) -> int:
    """0 if the doc can be used. Raises CommandError with everything that is to be mended."""
    kind = kind or kind_by_name(path)
    doc = style_in(path) if kind == "style" else rules_in(path)
    rows = _style(doc) if isinstance(doc, StyleDoc) else _rules(doc)
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        table.add_row(Text(name, style="bold"), Text(shown(value)))
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"{shown(path)} is a good {kind} doc, version {shown(doc.version)}.\n")
    console.print(table)
    return 0


def _style(doc: StyleDoc) -> Iterator[tuple[str, str]]:
    yield "title format", doc.title_format
    yield from _list("categories", doc.categories)
    yield from _list("tags", doc.tags)
    pairs = [f"{old} -> {new}" for old, new in doc.preferred_words.items()]
    yield from _list("preferred words", pairs)
    yield from _list("words to avoid", doc.avoid_words)
    yield "language", doc.language
    yield "tone", doc.tone
    limits = doc.limits
    yield (
        "limits",
        f"title {limits.title}, alt text {limits.alt_text}, description " + str(limits.description),
    )


def _list(name: str, entries: list[str]) -> Iterator[tuple[str, str]]:
    yield name, f"{len(entries)}: {' | '.join(entries)}" if entries else "none"


def _rules(doc: RulesDoc) -> Iterator[tuple[str, str]]:
    light, shape = doc.mean_luminance, doc.aspect_ratio
    yield "brightness", f"{light.min:g} to {light.max:g}"
    yield "sharpness", f"at least {doc.sharpness.min:g}"
    yield "shorter side", f"at least {doc.min_edge_px} pixels"
    yield "width by height", f"{shape.min:g} to {shape.max:g}"
