"""`photo-tagger eval`: a folder of photos with known answers, read and compared."""

from pathlib import Path

from rich.console import Console
from rich.progress import track

from photo_tagger_cli.aws import told_in_a_sentence
from photo_tagger_cli.evaluation.answers import ANSWER_FILE, read_answers, read_style
from photo_tagger_cli.evaluation.folder import put_together
from photo_tagger_cli.evaluation.judging import ReadPhoto, UnreadPhoto
from photo_tagger_cli.evaluation.measure import report_on
from photo_tagger_cli.evaluation.run import Reader, bedrock, demo_reader
from photo_tagger_cli.evaluation.summary import print_summary
from photo_tagger_local.errors import CommandError
from photo_tagger_local.run import DEMO_READER
from photo_tagger_local.template import ROOT, read_template


class NothingReadError(CommandError):
    """Not one photo could be read; the message says why."""


def evaluate(
    folder: Path,
    *,
    style_file: Path | None,
    real_model: bool,
    model_id: str | None,
    threshold: float | None,
    as_json: bool,
) -> int:
    """0 once a report is printed, whatever it says. What is None is as the template has it."""
    style = read_style(style_file or folder / "style.json")
    answered = put_together(folder, read_answers(folder / ANSWER_FILE, style))
    defaults = read_template(ROOT / "template.yaml")["Parameters"]
    model_id = (model_id or defaults["ModelId"]["Default"]) if real_model else DEMO_READER
    if threshold is None:
        threshold = float(defaults["ConfidenceThreshold"]["Default"])
    reader = Reader(model_id, defaults["MaxEdge"]["Default"], style)
    with told_in_a_sentence(None), bedrock() if real_model else demo_reader():
        outcomes = list(
            track(
                reader.read_all(answered.photos),
                description=f"Reading {len(answered.photos)} photos",
                total=len(answered.photos),
                console=Console(stderr=True),
                transient=True,
            )
        )
    read = [outcome for outcome in outcomes if isinstance(outcome, ReadPhoto)]
    not_read = [outcome for outcome in outcomes if isinstance(outcome, UnreadPhoto)]
    if not read:
        reasons = "\n  ".join(f"{photo.file}: {photo.reason}" for photo in not_read)
        raise NothingReadError(f"no photo could be read:\n  {reasons}")
    report = report_on(read, not_read, answered, model_id=model_id, threshold=threshold)
    if as_json:
        print(report.model_dump_json(indent=1))
    else:
        print_summary(report)
    return 0
