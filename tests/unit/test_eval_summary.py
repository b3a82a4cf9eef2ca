"""An evaluation's words on the terminal."""

from __future__ import annotations

from typing import Any

import pytest

from photo_tagger.domain.draft import Confidence, Draft, Reading, Usage
from photo_tagger_cli.evaluation.answers import Answer, NoProduct, Product
from photo_tagger_cli.evaluation.folder import Answered
from photo_tagger_cli.evaluation.judging import ReadPhoto, UnreadPhoto
from photo_tagger_cli.evaluation.measure import report_on
from photo_tagger_cli.evaluation.summary import print_summary

MODEL = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
CHAIR = Product(category="Furniture", tags=["chair"], product=["chair"], colour=["brown"])
RECEIPT = NoProduct(not_a_product="receipt")


def read(file: str, answer: Answer, *, kind: str = "no", **draft: Any) -> ReadPhoto:
    """A photo with a draft that is right for CHAIR but for what is given, surely said."""
    right = {
        "title": "Brown chair",
        "alt_text": "Brown chair",
        "tags": ["chair"],
        "category": "Furniture",
        "description": "A brown chair.",
    }
    names = ("title", "alt_text", "tags", "category", "description")
    reading = Reading(
        draft=Draft.model_validate(right | draft),
        confidence=Confidence.model_validate(dict.fromkeys(names, 0.9)),
        not_a_product=kind,  # type: ignore[arg-type]
        style_version="7",
        prompt_version="2",
        usage=[Usage(model=MODEL, input_tokens=2000, output_tokens=300, cost_usd=0.0035)],
    )
    return ReadPhoto(file, answer, reading)


def printed(
    capsys: pytest.CaptureFixture[str],
    *photos: ReadPhoto,
    not_read: tuple[UnreadPhoto, ...] = (),
    model: str = MODEL,
    **left_out: list[str],
) -> str:
    answered = Answered([], left_out.get("not_there", []), left_out.get("unanswered", []))
    print_summary(report_on(photos, not_read, answered, model_id=model, threshold=0.6))
    return "\n".join(" ".join(line.split()) for line in capsys.readouterr().out.splitlines())


def test_the_figures_of_a_small_set(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(
        capsys,
        read("a.jpg", CHAIR),
        read("b.jpg", CHAIR, title="Brown lamp", tags=["lamp"], category="Lighting"),
        read("c.jpg", RECEIPT, kind="other"),
        read("d.jpg", RECEIPT),
    )
    for line in (
        f"4 photos read by {MODEL}: 2 of products, 2 of none",
        "prompt 2, style doc 7, threshold 0.6",
        "title 1 of 2 50% product word in 1 of 2, colour in 2 of 2",
        "category 1 of 2 50%",
        "tags one by one: precision 50%, recall 50%, F1 0.50",
        "noticed 1 of 2 photos without a product (recall 50%)",
        "set aside 1, of which 0 do show a product (precision 100%)",
        "of the right kind 0 of 1 that were noticed",
        "ready 3 of 3, 100%; wrong somewhere: 2 (title 1, tags 1, category 1, no product 1)",
        "for review 0; nothing wrong in 0 of them",
        # 7 of 10 fields right, each said with 0.9
        "0.8–1.0 7/10 70% ██████████████ 90%",
        # title: (0.1^2 + 0.9^2) / 2 = 0.41 and |0.5 - 0.9|
        "title 0.41 (0.25) 0.40 1/2",
        "3 of 3 drafts, 100%, had nothing to mend or doubt",
        "a photo: 2,000 tokens in, 300 out; 4 calls for 4 photos",
        "$0.0035 a photo, $0.01 in all",
    ):
        assert line in told.splitlines()


def test_what_was_wrong_stands_photo_by_photo_before_the_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = printed(
        capsys,
        read("right.jpg", CHAIR),
        read("lamp.jpg", CHAIR, title="Lamp", alt_text="Lamp", tags=[], description="x" * 200),
        read("bill.jpg", RECEIPT),
        read("set-aside.jpg", CHAIR, kind="person"),
    )
    assert "right.jpg" not in told
    assert told.startswith(
        "What was wrong\n"
        "lamp.jpg\n"
        "title, alt text, description: expected chair and brown; drafted “Lamp”, said 0.90\n"
        "tags: expected chair; drafted nothing, said 0.90\n"
        "bill.jpg\n"
        "shows receipt; taken for “a product: Brown chair”\n"
        "set-aside.jpg\n"
        "shows a product (Furniture); taken for “person”\n"
    )


def test_a_long_draft_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, read("a.jpg", CHAIR, title="x" * 200))
    assert f"“{'x' * 58} …”" in told


def test_nothing_wrong_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, read("a.jpg", CHAIR)).startswith("Nothing was wrong.\n")


def test_what_was_left_out_is_told_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(
        capsys,
        read("a.jpg", CHAIR),
        not_read=(UnreadPhoto(file="b.jpg", reason="The file is empty."),),
        not_there=["c.jpg"],
        unanswered=["d.jpg"],
    )
    assert told.splitlines()[:3] == [
        "Not read: b.jpg: The file is empty.",
        "Not in the folder, though it has an answer: c.jpg",
        "Left out, for it has no answer: d.jpg",
    ]


def test_names_and_drafts_can_do_nothing_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "[bold red]\x1b[2J\x07 approved\n.jpg"
    told = printed(
        capsys, read(hostile, CHAIR, title="[/]\x1b]0;lamp\x07"), unanswered=[f"b{hostile}"]
    )
    assert not {"\x1b", "\x07"} & set(told)
    assert "[bold red]�[2J� approved�.jpg" in told
    assert "“[/]�]0;lamp�”" in told


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("demo-reader", "no cost: the demo reader runs on this computer"),
        ("someone.else-v1:0", "price not known: prices.toml does not list someone.else-v1:0"),
    ],
)
def test_no_price_is_made_up(capsys: pytest.CaptureFixture[str], model: str, words: str) -> None:
    photo = read("a.jpg", CHAIR)
    photo.reading.usage[0].cost_usd = None
    told = printed(capsys, photo, model=model)
    assert words in told
    assert "$" not in told


def test_a_figure_of_nothing_is_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, read("a.jpg", RECEIPT, kind="receipt"))
    assert "category 0 of 0 –" in told
    assert "tags one by one: precision –, recall –, F1 –" in told
    assert "all – (–) –" in told
