"""`python -m photo_tagger_local.graph FILE`: the drawing of a workflow as SVG, to the output."""

import json
import sys
from pathlib import Path

from .drawing import drawing

sys.stdout.write(drawing(json.loads(Path(sys.argv[1]).read_text())))
