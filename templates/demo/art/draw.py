"""Renders the SVG drawings of this folder to ../pictures: JPEGs for the stories, PNGs with transparency for the logos.

Run: python templates/demo/art/draw.py [NAME…]   (needs Chromium and Pillow)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ART = Path(__file__).resolve().parent
PICTURES = ART.parent / "pictures"
MOST_BYTES = 76_000
LOGO_SIZE = (640, 104)  # shown at half its size
STORY_SIZE = (1280, 800)
WINDOW = "1280,1000"  # larger than any drawing: small windows lose rows to the browser's own frame


def main(names: list[str]) -> None:
    """Draws the named pictures, or all of them."""
    for source in sorted(ART.glob("*.svg")):
        if names and source.stem not in names:
            continue
        logo = source.stem.startswith("logo-")
        picture = _rendered(source, LOGO_SIZE if logo else STORY_SIZE)
        target = _save_logo(picture, source.stem) if logo else _save_story(picture, source.stem)
        print(f"{target.name}  {target.stat().st_size / 1000:.1f} kB")


def _rendered(source: Path, size: tuple[int, int]) -> Image.Image:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("Chromium is needed to draw the pictures, and it was not found.")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        subprocess.run(  # noqa: S603 -- our own drawing, our own arguments
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/profile",
                "--default-background-color=00000000",
                f"--window-size={WINDOW}",
                f"--screenshot={shot}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return Image.open(shot).convert("RGBA").crop((0, 0, *size))


def _save_story(picture: Image.Image, name: str) -> Path:
    """A progressive JPEG, as good as fits into MOST_BYTES, but never below the lowest quality here."""
    target = PICTURES / f"{name}.jpg"
    for quality in (84, 80, 76, 72, 68, 64):
        picture.convert("RGB").save(target, "JPEG", quality=quality, optimize=True, progressive=True)
        if target.stat().st_size < MOST_BYTES:
            break
    return target


def _save_logo(picture: Image.Image, name: str) -> Path:
    target = PICTURES / f"{name}.png"
    picture.save(target, "PNG", optimize=True)
    return target


if __name__ == "__main__":
    main(sys.argv[1:])
