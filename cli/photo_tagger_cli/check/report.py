"""What the command tells: a photo's verdict with its measures, and the sum of them."""

from collections import Counter

from rich.console import Console
from rich.text import Text

from photo_tagger.domain.rules import Measurements
from photo_tagger_cli.check.names import shown
from photo_tagger_cli.check.photos import Checked, Verdict
from photo_tagger_cli.check.rules import Rules

_STYLES = {"ok": "green", "fails": "red", "unreadable": "red", "duplicate": "yellow"}
_SUMMED_UP: dict[Verdict, str] = {
    "ok": "pass",
    "fails": "fail",
    "unreadable": "unreadable",
    "duplicate": "duplicate",
}


def tell_photo(console: Console, checked: Checked) -> None:
    """The name with its verdict; under it every reason, and what was measured."""
    headline = (shown(checked.file), "bold"), "  ", (checked.verdict, _STYLES[checked.verdict])
    console.print(Text.assemble(*headline))
    for reason in checked.reasons:
        console.print(Text(f"  {reason}"))
    if checked.duplicate_of:
        console.print(Text(f"  Same file as {shown(checked.duplicate_of)}"))
    if checked.measurements:
        console.print(Text(f"  {_measures(checked.measurements)}", style="dim"))


def tell_summary(console: Console, photos: list[Checked], rules: Rules) -> None:
    """How many pass, how many fail which check, and the limits they were held against."""
    console.print(Text(f"\n{summary(photos)}", style="bold"))
    for check, count in failed_checks(photos).most_common():
        console.print(Text(f"  {count} {check}"))
    console.print(Text(f"Rules: {rules.source}: {rules.limits}"))


def summary(photos: list[Checked]) -> str:
    """How many photos there are of each verdict."""
    verdicts = Counter(photo.verdict for photo in photos)
    counts = [
        f"{verdicts[verdict]} {word}"
        for verdict, word in _SUMMED_UP.items()
        if verdicts[verdict] or verdict == "ok"
    ]
    noun = "photo" if len(photos) == 1 else "photos"
    return f"{len(photos)} {noun}: {', '.join(counts)}"


def failed_checks(photos: list[Checked]) -> Counter[str]:
    """How many photos fail which check, by the first words of the gate's sentences."""
    return Counter(
        reason.partition(":")[0].lower()
        for photo in photos
        if photo.verdict == "fails"
        for reason in photo.reasons
    )


def _measures(measured: Measurements) -> str:
    return (
        f"brightness {measured.mean_luminance:.0f}, sharpness {measured.sharpness:.1f}, "
        f"{measured.width} x {measured.height} pixels, "
        f"width by height {measured.width / measured.height:.2f}"
    )
