"""What a file contains fails no execution: each is set aside, with a sentence for the owner."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from photo_tagger.domain.photo import PhotoRecord
from photo_tagger_local.template import read_template

from .breaking import broken
from .conftest import Shop

ROOT = Path(__file__).parents[2]
NO_PHOTO = "This file is not a photo we can open (JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP)."
DAMAGED = "The file is damaged or incomplete. Please upload it again."
SMALLER = "Please upload a smaller copy."
DIED = (
    "This file could not be opened safely. "
    "Please export the photo as a plain JPEG, smaller if you can, and upload it again."
)

SENTENCES = {
    "letter.jpg": NO_PHOTO,
    "empty.jpg": "The file is empty. Please upload it again.",
    "truncated.jpg": DAMAGED,
    "bomb.png": f"The picture is too large: 225 megapixels, at most 50 can be opened. {SMALLER}",
    "huge.jpg": f"The picture is too large: 240 megapixels, at most 220 can be opened. {SMALLER}",
    "print.png": NO_PHOTO,
    "drawing.png": NO_PHOTO,
    "page.png": NO_PHOTO,
    "page and photo.jpg": NO_PHOTO,
    "script and picture.gif": NO_PHOTO,
}


def bodies(samples: Path) -> dict[str, bytes]:
    """The files of `SENTENCES`."""
    photo = (samples / "chair.jpg").read_bytes()
    return {
        "letter.jpg": b"Dear shop, this is a letter.",
        "empty.jpg": b"",
        "truncated.jpg": photo[: len(photo) // 2],
        "bomb.png": png_bomb(15_000, 15_000),
        "huge.jpg": claiming(photo, 16_000, 15_000),
        "print.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(id) run showpage\n",
        "drawing.png": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "page.png": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n",
        "page and photo.jpg": b"%PDF-1.7\n1 0 obj<<>>stream\n" + photo + b"\nendstream\n%%EOF\n",
        "script and picture.gif": b"GIF89a\1\0\1\0=0;alert(1);//",
    }


def png_bomb(width: int, height: int) -> bytes:
    """A picture in black: a few kB that unpack to `width` by `height` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def claiming(jpeg: bytes, width: int, height: int) -> bytes:
    """The JPEG, saying that it is as large as that."""
    size = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:size] + struct.pack(">HH", height, width) + jpeg[size + 4 :]


@pytest.fixture(scope="module")
def dropped(shop: Shop) -> dict[str, str]:
    """The photo ids of all bad files, by name."""
    return {name: shop.drop(name, body) for name, body in bodies(shop.samples).items()}


def assert_set_aside(shop: Shop, photo_id: str, body: bytes) -> PhotoRecord:
    """Flagged in an execution that SUCCEEDED, moved as it was, and nobody was mailed a draft."""
    record = shop.until(photo_id, "flagged")
    assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
    assert record.flagged
    s3 = shop.run.aws.client("s3")
    place = record.flagged
    moved = s3.get_object(Bucket=place.bucket, Key=place.key, VersionId=place.version_id)
    assert moved["Body"].read() == body
    left = s3.list_object_versions(Bucket=record.source.bucket, Prefix=record.source.key)
    assert "Versions" not in left
    assert shop.mails_so_far(photo_id) == []
    return record


@pytest.mark.parametrize("name", SENTENCES)
def test_a_bad_file_is_set_aside_with_a_sentence(
    shop: Shop, dropped: dict[str, str], name: str
) -> None:
    record = assert_set_aside(shop, dropped[name], bodies(shop.samples)[name])
    assert record.flag_reasons == [SENTENCES[name]]


def test_a_file_that_kills_the_function_or_keeps_it_for_ever_is_set_aside(shop: Shop) -> None:
    code = """
if "killer" in event["photo_id"]:
    os.kill(os.getpid(), signal.SIGKILL)
time.sleep(60)
"""
    with broken(shop.run, "resize", code, Timeout=2):
        photos = {name: shop.drop(f"{name}.jpg", name.encode()) for name in ("killer", "endless")}
        for name, photo_id in photos.items():
            record = assert_set_aside(shop, photo_id, name.encode())
            assert record.flag_reasons == [DIED]


@pytest.fixture(scope="module")
def phone_photo(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of 200 megapixels, as the largest phones take them."""
    path = tmp_path_factory.mktemp("phone") / "IMG_200.jpg"
    with Image.open(samples / "white-sofa.jpg") as picture:
        picture.resize((12_240, 16_320), Image.Resampling.NEAREST).save(path, "JPEG")
    return path


def test_a_phones_200_megapixels_are_a_photo_like_any_other(shop: Shop, phone_photo: Path) -> None:
    photo_id = shop.drop(phone_photo.name, phone_photo.read_bytes())
    shop.until(photo_id, "waiting")
    assert shop.states_entered(photo_id)[:5] == [
        "Resize",
        "IsReadable",
        "QualityGate",
        "IsUsable",
        "ReadPhoto",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_a_phones_200_megapixels_take_a_quarter_of_the_functions_memory(phone_photo: Path) -> None:
    code = """
import re, resize.handler, sys
from pathlib import Path
from resize.picture import small_copy
with open(sys.argv[1], "rb") as file:
    assert small_copy(file, 2048).measurements.height == 16_320
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, phone_photo], capture_output=True, text=True, check=True
    )
    resources = read_template(ROOT / "template.yaml")["Resources"]
    megabytes = resources["ResizeFunction"]["Properties"]["MemorySize"]
    assert int(done.stdout) / 1024 < megabytes / 4
