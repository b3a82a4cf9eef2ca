"""Makes the pictures of docs/review.md: `python -m tests.end_to_end.pictures docs/images`.

Every page and mail on a phone, and those that look otherwise there on a desktop.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from photo_tagger_local.samples import make_samples

from .conftest import Shop, chromium
from .scenes import scenes, staged_run

PHONE, DESKTOP = 390, 1280
TALLEST = {PHONE: 1300, DESKTOP: 1000}
LEFT_OUT = {"list", "list-put-off"}  # they look like list-in-use
ON_A_DESKTOP = {"mail-draft", "review", "list-in-use", "list-set-aside", "history", "mail-weekly"}
QUALITY = 72


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as made, chromium() as browser:
        if browser is None:
            sys.exit("no Chromium was found")
        samples = Path(made) / "photos"
        make_samples(samples)
        page = browser.new_page(java_script_enabled=False)
        with staged_run(Path(made) / "run") as run:
            for name in scenes(page, Shop(run, samples)):
                if name not in LEFT_OUT:
                    _save(page, folder / f"{name}-phone.jpg", PHONE)
                if name in ON_A_DESKTOP:
                    _save(page, folder / f"{name}-desktop.jpg", DESKTOP)


def _save(page: Page, path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 600})
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as whole:
        part = whole.convert("RGB").crop((0, 0, width, min(whole.height, TALLEST[width])))
    part.save(path, "JPEG", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
