"""`python -m photo_tagger_local.graph FILE`: the drawing of a workflow, as SVG, to the output."""

import argparse
import json
import sys
from pathlib import Path

from .drawing import drawing

parser = argparse.ArgumentParser(prog="python -m photo_tagger_local.graph")
parser.add_argument("file", type=Path, help="a definition in Amazon States Language")
definition = json.loads(parser.parse_args().file.read_text(encoding="utf-8"))
sys.stdout.buffer.write(drawing(definition).encode())
