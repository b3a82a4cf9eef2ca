"""A report in words and figures on the terminal: what is wrong photo by photo, then the figures."""

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from photo_tagger_cli.evaluation.measure import ALL_FIELDS
from photo_tagger_cli.evaluation.report import Mistake, Photo, Report, WordScores
from photo_tagger_cli.evaluation.scores import Bin, Calibration, Share
from photo_tagger_local.run import DEMO_READER

_BAR = 20
_LONGEST_QUOTE = 60


def print_summary(report: Report) -> None:
    """The figures come last, so that they are what is seen when the command has ended."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    _print_left_out(console, report)
    _print_mistakes(console, report.photos)
    _print_heading(console, report)
    _print_agreement(console, report)
    _print_no_product(console, report)
    _print_routing(console, report)
    _print_confidence(console, report)
    _print_style(console, report)
    _print_cost(console, report)


def _print_left_out(console: Console, report: Report) -> None:
    for photo in report.not_read:
        console.print(plain(f"Not read: {photo.file}: {photo.reason}"))
    for name in report.not_there:
        console.print(plain(f"Not in the folder, though it has an answer: {name}"))
    for name in report.unanswered:
        console.print(plain(f"Left out, for it has no answer: {name}"))
    if report.not_read or report.not_there or report.unanswered:
        console.print()


def _print_mistakes(console: Console, photos: Iterable[Photo]) -> None:
    wrong = [photo for photo in photos if photo.mistakes]
    if not wrong:
        console.print("Nothing was wrong.\n")
        return
    console.print("What was wrong", style="bold")
    for photo in wrong:
        console.print(f"  {plain(photo.file)}")
        for expected in dict.fromkeys(mistake.expected for mistake in photo.mistakes):
            alike = [mistake for mistake in photo.mistakes if mistake.expected == expected]
            console.print(plain(f"    {_mistake(expected, alike)}"))
    console.print()


def _mistake(expected: str, alike: list[Mistake]) -> str:
    """Fields in which the same was expected are told together, with the first one's words."""
    first = alike[0]
    if first.field == "not_a_product":
        return f"shows {expected}; taken for {_quoted(first.drafted)}"
    fields = ", ".join(name(mistake.field) for mistake in alike)
    drafted = f"{_quoted(first.drafted)}, said {first.confidence:.2f}"
    return f"{fields}: expected {expected}; drafted {drafted}"


def _quoted(text: str) -> str:
    short = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 2]} …"
    return f"“{short}”" if short else "nothing"


def _print_heading(console: Console, report: Report) -> None:
    read = report.products + report.no_products
    console.print(
        f"{read} photos read by {report.model}: {report.products} of products, "
        f"{report.no_products} of none",
        style="bold",
    )
    console.print(
        f"  prompt {report.prompt_version}, style doc {plain(report.style_version)}, "
        f"threshold {report.routing.threshold:g}\n"
    )


def _print_agreement(console: Console, report: Report) -> None:
    console.print("Right, of the products whose answer tells it", style="bold")
    table = _table()
    for field, share in report.agreement.items():
        words = _in_words(report.words[field]) if field in report.words else ""
        table.add_row(name(field), _counted(share), _percent(share.share), words)
    _print_table(console, table)
    tags = report.tags
    console.print(
        f"  tags one by one: precision {_percent(tags.precision)}, "
        f"recall {_percent(tags.recall)}, F1 {_number(tags.f1)}\n"
    )


def _in_words(words: WordScores) -> str:
    return f"product word in {_counted(words.product)}, colour in {_counted(words.colour)}"


def _print_no_product(console: Console, report: Report) -> None:
    scores = report.not_a_product
    found = scores.retrieval
    console.print("No product", style="bold")
    without = found.true_positives + found.false_negatives
    set_aside = found.true_positives + found.false_positives
    console.print(
        f"  noticed    {found.true_positives} of {without} photos without a product "
        f"(recall {_percent(found.recall)})"
    )
    console.print(
        f"  set aside  {set_aside}, of which {found.false_positives} do show a product "
        f"(precision {_percent(found.precision)})"
    )
    console.print(f"  of the right kind  {_counted(scores.kind_right)} that were noticed\n")


def _print_routing(console: Console, report: Report) -> None:
    routing = report.routing
    console.print(f"Drafts at the threshold of {routing.threshold:g}", style="bold")
    wrong = [f"{name(field)} {count}" for field, count in routing.wrong_fields.items() if count]
    if routing.no_product:
        wrong.append(f"no product {routing.no_product}")
    where = f" ({', '.join(wrong)})" if wrong else ""
    console.print(
        f"  ready       {_counted(routing.ready)}, {_percent(routing.ready.share)}; "
        f"wrong somewhere: {routing.ready_but_wrong.count}{where}"
    )
    review = routing.right_in_review
    console.print(f"  for review  {review.of}; nothing wrong in {review.count} of them\n")


def _print_confidence(console: Console, report: Report) -> None:
    console.print("Confidence: is what is said with 0.8 right 8 times in 10?", style="bold")
    everything = report.calibration[ALL_FIELDS]
    table = _table("said", "right", "", "", "on average said")
    for each in everything.bins:
        table.add_row(_span(each), f"{each.right}/{each.count}", *_measured(each))
    _print_table(console, table)
    console.print()
    bins = [_span(each) for each in everything.bins]
    table = _table("", "Brier", "(share)", "ECE", *bins)
    for field, scores in report.calibration.items():
        table.add_row(name(field), *_calibration_cells(scores))
    _print_table(console, table)
    console.print()


def _measured(each: Bin) -> tuple[str, str, str]:
    if each.confidence is None:
        return "", "", ""
    share = each.right / each.count
    return _percent(share), "█" * round(share * _BAR), f"{each.confidence:.0%}"


def _calibration_cells(scores: Calibration) -> list[str]:
    return [
        _number(scores.brier),
        f"({_number(scores.brier_of_share)})",
        _number(scores.expected_calibration_error),
        *(f"{each.right}/{each.count}" if each.count else "" for each in scores.bins),
    ]


def _print_style(console: Console, report: Report) -> None:
    console.print("The shop's style", style="bold")
    noted = ", ".join(f"{name(field)} {count}" for field, count in report.style.noted.items())
    share = report.style.without_a_note
    console.print(
        f"  {_counted(share)} drafts, {_percent(share.share)}, had nothing to mend or doubt"
        + (f"; drafts with a note, by field: {noted}" if noted else "")
        + "\n"
    )


def _print_cost(console: Console, report: Report) -> None:
    cost = report.cost
    console.print("Tokens and cost", style="bold")
    console.print(
        f"  a photo: {cost.input_tokens / cost.photos:,.0f} tokens in, "
        f"{cost.output_tokens / cost.photos:,.0f} out; {cost.calls} calls for {cost.photos} photos"
    )
    if report.model == DEMO_READER:
        console.print(
            "  no cost: the demo reader runs on this computer and only guesses its tokens"
        )
    elif cost.cost_usd is None:
        console.print(f"  price not known: prices.toml does not list {plain(report.model)}")
    else:
        console.print(f"  ${cost.cost_usd / cost.photos:.4f} a photo, ${cost.cost_usd:.2f} in all")


def name(field: str) -> str:
    """A field as people call it."""
    return field.replace("_", " ")


def plain(text: str) -> str:
    """Without what moves a terminal's cursor or colours: file names and drafts may hold it."""
    return "".join(each if each.isprintable() else "�" for each in text)


def _table(*headings: str) -> Table:
    return Table(
        *headings, box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=bool(headings)
    )


def _print_table(console: Console, table: Table) -> None:
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _span(each: Bin) -> str:
    return f"{each.low:.1f}–{each.high:.1f}"


def _counted(share: Share) -> str:
    return f"{share.count} of {share.of}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
