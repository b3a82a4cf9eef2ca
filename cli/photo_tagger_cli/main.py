"""The command `photo-tagger`.

Each command imports what it needs when it is run: the emulator, boto3 and the like take longer to
import than most commands take to run.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from photo_tagger.domain.ids import photo_of
from photo_tagger_cli.statuses import STATUSES
from photo_tagger_cli.store_kinds import STORE_KINDS
from photo_tagger_local.errors import CommandError
from photo_tagger_local.ports import DEFAULT_PORT

if TYPE_CHECKING:
    from photo_tagger_cli.store import StoreWriter
    from photo_tagger_cli.workflow import Workflow

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` default to the process's own."""
    parsed = _parser().parse_args(arguments)
    try:
        exit_code: int = parsed.command(parsed)
    except CommandError as error:
        print(f"photo-tagger: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("photo-tagger: interrupted", file=sys.stderr)
        return 130
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="photo-tagger",
        description="Drafts product listings from photos; publishes only what a person approved.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    local = commands.add_parser("local", help="the whole system on this computer, without AWS")
    _add_local(local.add_subparsers(required=True, metavar="COMMAND"))
    _add_check(commands)
    _add_executions(commands)
    _add_redrive(commands)
    _add_requeue(commands)
    _add_undo(commands)
    _add_store(commands)
    _add_eval(commands)
    docs = commands.add_parser("docs", help="the shop's style doc and rules doc")
    _add_docs(docs.add_subparsers(required=True, metavar="COMMAND"))
    return parser


def _add_check(commands: _Commands) -> None:
    parser = commands.add_parser(
        "check", help="what the quality gate says of photos on this computer"
    )
    parser.add_argument(
        "photos", nargs="+", type=Path, metavar="PHOTO", help="photos, or folders of photos"
    )
    parser.add_argument(
        "--rules",
        type=Path,
        metavar="FILE",
        help="the shop's rules doc (default: the product's own rules)",
    )
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="draw where the photos lie against each threshold",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line per photo")
    parser.set_defaults(command=_check)


def _add_executions(commands: _Commands) -> None:
    parser = commands.add_parser(
        "executions", help="for the admin: photos on their way and those that failed, and why"
    )
    parser.add_argument(
        "--status",
        choices=STATUSES,
        help="only executions of this status (default: all that have not succeeded)",
    )
    _add_stack(parser)
    parser.set_defaults(command=_executions)


def _add_redrive(commands: _Commands) -> None:
    parser = commands.add_parser(
        "redrive", help="for the admin: let failed photos go on in the state where they failed"
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "photo_ids",
        nargs="*",
        type=_photo_id,
        default=[],
        metavar="ID",
        help="as `photo-tagger executions` shows it, or the execution's ARN",
    )
    which.add_argument(
        "--all-failed",
        action="store_true",
        help="every photo whose execution is FAILED or TIMED_OUT",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what can be redriven, and change nothing"
    )
    _add_stack(parser)
    parser.set_defaults(command=_redrive)


def _add_requeue(commands: _Commands) -> None:
    parser = commands.add_parser(
        "requeue", help="for the admin: draft photos after all that were set aside or closed"
    )
    parser.add_argument("photo_ids", nargs="+", type=photo_of, metavar="ID", help="the photo's id")
    _add_stack(parser)
    parser.set_defaults(command=_requeue)


def _add_undo(commands: _Commands) -> None:
    parser = commands.add_parser(
        "undo", help="for the admin: take a photo's listing out of the store again"
    )
    parser.add_argument("photo_id", type=photo_of, metavar="ID", help="the photo's id")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    _add_stack(parser)
    parser.set_defaults(command=_undo)


def _add_store(commands: _Commands) -> None:
    store = commands.add_parser("store", help="for the admin: the store that drafts go to")
    parser = store.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "check", help="whether the store would take drafts: its address, the key and its rights"
    )
    _add_stack(parser)
    parser.set_defaults(command=_store_check)


def _add_eval(commands: _Commands) -> None:
    parser = commands.add_parser(
        "eval", help="how good a reader's drafts are, over photos whose answers are known"
    )
    parser.add_argument("photos", type=_folder, metavar="DIR", help="the photos and answers.toml")
    parser.add_argument(
        "--style", type=Path, metavar="FILE", help="the style doc (default: DIR/style.json)"
    )
    _add_bedrock(parser)
    parser.add_argument(
        "--model", metavar="ID", help="with --bedrock: another model than a stack's by default"
    )
    parser.add_argument(
        "--threshold",
        type=_confidence,
        metavar="X",
        help="the confidence from which a field is sure, 0 to 1 (default: a stack's)",
    )
    parser.add_argument("--json", action="store_true", help="everything as one JSON object")
    parser.set_defaults(command=_eval, usage_error=parser.error)


def _add_docs(commands: _Commands) -> None:
    check = commands.add_parser("check", help="whether a doc can be used, and what it says")
    check.add_argument(
        "doc", type=Path, metavar="FILE", help="as .md, .yaml, .json or .csv; see docs/shop-docs.md"
    )
    check.add_argument(
        "--kind", choices=("style", "rules"), help="which doc it is (default: by its name)"
    )
    check.set_defaults(command=_docs_check)

    template = commands.add_parser("template", help="a doc to begin with, each setting explained")
    template.add_argument("kind", choices=("style", "rules"))
    template.add_argument(
        "--format",
        choices=("md", "yaml", "json", "csv"),
        default="md",
        help="md for a Google Doc, csv for a Google Sheet; json cannot explain anything "
        "(default: %(default)s)",
    )
    template.add_argument(
        "--out", type=Path, metavar="FILE", help="a new file (default: standard output)"
    )
    template.set_defaults(command=_docs_template)


def _add_stack(parser: argparse.ArgumentParser) -> None:
    """Which stack: one on AWS, in the account and region of the user, or a local run's."""
    parser.add_argument(
        "--prefix",
        default="pt",
        metavar="P",
        help="the Prefix that the stack was deployed with (default: %(default)s)",
    )
    parser.add_argument(
        "--local",
        action="store_true",
        help="ask a running `photo-tagger local up` instead of AWS",
    )
    parser.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help=f"with --local: the --port of that run (default: {DEFAULT_PORT})",
    )
    parser.set_defaults(usage_error=parser.error)


def _add_local(commands: _Commands) -> None:
    up = commands.add_parser("up", help="start it, and keep it up until Ctrl-C")
    up.add_argument("--photos", type=_folder, metavar="DIR", help="photos to drop at the start")
    up.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        default=Path(".local/state"),
        help="where everything is kept; the same folder goes on where it was "
        "(default: %(default)s)",
    )
    up.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        metavar="N",
        help="first of six ports in a row (default: %(default)s)",
    )
    up.add_argument(
        "--parameter",
        type=_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of template.yaml, such as Language=de; may be repeated",
    )
    up.add_argument(
        "--store",
        choices=STORE_KINDS,
        default="webhook",
        help="which store is played: where approved drafts go (default: %(default)s)",
    )
    _add_bedrock(up)
    up.set_defaults(command=_up)

    run = commands.add_parser("run", help="take a folder of photos through, without a person")
    run.add_argument("photos", type=_folder, metavar="DIR", help="the photos")
    run.add_argument(
        "--decide",
        choices=("approve", "reject", "none"),
        default="approve",
        help="what to answer to every draft (default: %(default)s)",
    )
    run.add_argument("--json", action="store_true", help="one JSON object a line, totals last")
    run.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="keep everything there (default: a folder that is removed at the end)",
    )
    _add_bedrock(run)
    run.set_defaults(command=_run)

    samples = commands.add_parser("samples", help="write the sample photos into a folder")
    samples.add_argument("folder", type=Path, metavar="DIR")
    samples.add_argument(
        "--labelled",
        action="store_true",
        help="the larger set that readers are measured with, with its answers and style doc",
    )
    samples.set_defaults(command=_samples)


def _add_bedrock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bedrock",
        action="store_true",
        help="draft with the real model on Amazon Bedrock, with your own AWS "
        "credentials; costs a few cents for ten photos",
    )


def _up(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.local_up import local_up

    return local_up(
        parsed.state,
        parsed.port,
        photos=parsed.photos,
        bedrock=parsed.bedrock,
        parameters=dict(parsed.parameter),
        store=parsed.store,
    )


def _run(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.local_run import local_run

    return local_run(
        parsed.photos,
        decide=parsed.decide,
        as_json=parsed.json,
        state=parsed.state,
        bedrock=parsed.bedrock,
    )


def _check(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.check.command import check

    return check(parsed.photos, rules_file=parsed.rules, plot=parsed.plot, as_json=parsed.json)


def _executions(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.aws import told_in_a_sentence
    from photo_tagger_cli.executions import executions

    with told_in_a_sentence(_local_port(parsed)):
        return executions(_workflow(parsed), parsed.status, console_links=not parsed.local)


def _redrive(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.aws import told_in_a_sentence
    from photo_tagger_cli.redrive import all_failed, redrive

    with told_in_a_sentence(_local_port(parsed)):
        workflow = _workflow(parsed)
        photo_ids = all_failed(workflow) if parsed.all_failed else parsed.photo_ids
        return redrive(workflow, photo_ids, dry_run=parsed.dry_run)


def _requeue(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.aws import client, told_in_a_sentence
    from photo_tagger_cli.requeue import Photos, requeue

    port = _local_port(parsed)
    with told_in_a_sentence(port):
        photos = Photos(lambda service: client(service, port), parsed.prefix)
        return requeue(photos, _workflow(parsed), parsed.photo_ids)


def _undo(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.aws import told_in_a_sentence
    from photo_tagger_cli.store import undo

    def sure() -> bool:
        if parsed.yes:
            return True
        if not sys.stdin.isatty():
            raise CommandError("nobody is there to be asked: add --yes to take it back")
        return input("Take it back? [y/N] ").strip().lower() in ("y", "yes")

    with told_in_a_sentence(_local_port(parsed)):
        return undo(_store_writer(parsed), parsed.photo_id, sure)


def _store_check(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.aws import told_in_a_sentence
    from photo_tagger_cli.store import check

    with told_in_a_sentence(_local_port(parsed)):
        return check(_store_writer(parsed))


def _eval(parsed: argparse.Namespace) -> int:
    if parsed.model and not parsed.bedrock:
        parsed.usage_error("--model is one of Bedrock's: add --bedrock")
    from photo_tagger_cli.evaluation.command import evaluate

    return evaluate(
        parsed.photos,
        style_file=parsed.style,
        real_model=parsed.bedrock,
        model_id=parsed.model,
        threshold=parsed.threshold,
        as_json=parsed.json,
    )


def _docs_check(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.docs_command.check import check_doc

    return check_doc(parsed.doc, parsed.kind)


def _docs_template(parsed: argparse.Namespace) -> int:
    from photo_tagger_cli.docs_command.template import write_template

    return write_template(parsed.kind, parsed.format, parsed.out)


def _workflow(parsed: argparse.Namespace) -> Workflow:
    from photo_tagger_cli.aws import client
    from photo_tagger_cli.workflow import Workflow

    return Workflow(client("stepfunctions", _local_port(parsed)), parsed.prefix)


def _store_writer(parsed: argparse.Namespace) -> StoreWriter:
    from photo_tagger_cli.aws import client
    from photo_tagger_cli.store import PATIENT, StoreWriter

    port = _local_port(parsed)
    return StoreWriter(lambda service: client(service, port, PATIENT), parsed.prefix)


def _local_port(parsed: argparse.Namespace) -> int | None:
    """The first port of the local run to ask; None for AWS."""
    if parsed.local:
        return parsed.port or DEFAULT_PORT
    if parsed.port:
        parsed.usage_error("--port is a local run's: add --local")
    return None


def _samples(parsed: argparse.Namespace) -> int:
    from photo_tagger_local.labelled import make_labelled
    from photo_tagger_local.samples import make_samples

    make = make_labelled if parsed.labelled else make_samples
    for path in make(parsed.folder):
        print(path)
    return 0


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not as in Language=de")
    return name, value


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return path


def _photo_id(text: str) -> str:
    """The last part of an execution's ARN; an id has no colon."""
    return text.rpartition(":")[2]


def _confidence(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= 1:
            return float(text)
    raise argparse.ArgumentTypeError("give a number from 0 to 1")


def _port(text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65000:
        raise argparse.ArgumentTypeError("give a port from 1024 to 65000")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
