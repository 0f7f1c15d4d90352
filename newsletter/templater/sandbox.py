"""Rendering with a newsroom's own template in a separate process: no secrets; limits on time, memory and output.

The sandbox of the engine alone would let a template loop for hours or write gigabytes.

    briefing ─JSON─▶ python -m newsletter.templater.sandbox FOLDER ─JSON, to a file of bounded size─▶ Rendered
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from newsletter.templater.briefing import (
    AlsoItem,
    Briefing,
    BriefingBox,
    BriefingCut,
    BriefingPicture,
    BriefingSection,
    BriefingSponsor,
    BriefingStory,
    MergeField,
    Problem,
    ProblemLevel,
    Publication,
    Rendered,
)
from newsletter.templater.rendering import render

SECONDS, STARTING = 10, 5  # of work; and by the clock twice that, and what starting takes on a busy machine
MEMORY = 1024 * 2**20  # bytes of address space
LARGEST = 4 * 2**20  # bytes of what comes back


def render_sandboxed(briefing: Briefing, folder: Path, *, seconds: int = SECONDS) -> Rendered:
    """The mail of a briefing whose template lies in `folder`. Never raises for templates at fault, however bad."""
    state = _folder_state(folder / briefing.template)
    return _render_cached(json.dumps(asdict(briefing), sort_keys=True), str(folder), seconds, state)


def _folder_state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What a folder holds, so that a changed file is read again."""
    if not folder.is_dir():
        return ()
    return tuple(sorted((each.name, (stat := each.stat()).st_mtime_ns, stat.st_size) for each in folder.iterdir()))


@lru_cache(maxsize=32)
def _render_cached(briefing: str, folder: str, seconds: int, _: tuple[tuple[str, int, int], ...]) -> Rendered:
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(  # noqa: S603  our own interpreter and module; the folder is a setting
                [sys.executable, "-m", "newsletter.templater.sandbox", folder, str(seconds)],
                input=briefing.encode("utf-8", "surrogatepass"),
                stdout=out,
                stderr=subprocess.DEVNULL,
                env={
                    "PATH": "/usr/bin:/bin",
                    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                    "PYTHONIOENCODING": "utf-8",
                },
                timeout=2 * seconds + STARTING,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _to_failure(f"took longer than {2 * seconds + STARTING} seconds")
        out.seek(0)
        data = out.read(LARGEST + 1)
    if done.returncode or len(data) > LARGEST:
        return _to_failure(_explain_exit(done.returncode, seconds))
    try:
        return _to_rendered(json.loads(data))
    except (ValueError, KeyError, TypeError):
        return _to_failure("answered with something that is not a mail")


def _explain_exit(status: int, seconds: int) -> str:
    if status == -24 or status == -9:  # SIGXCPU, SIGKILL
        return f"worked longer than {seconds} seconds, or took too much memory"
    return f"took more than {MEMORY // 2**20} MB of memory, or wrote more than {LARGEST // 2**20} MB"


def _to_failure(why: str) -> Rendered:
    problem = Problem(
        ProblemLevel.BLOCK, "template", f"The template {why}, and was stopped. Fix the template and try again."
    )
    return Rendered("", "", "", "", (problem,))


def _to_rendered(data: Mapping[str, Any]) -> Rendered:
    problems = tuple(
        Problem(ProblemLevel(each["level"]), str(each["where"]), str(each["message"])) for each in data["problems"]
    )
    merge = tuple(MergeField(str(m["token"]), m["field"], str(m["fallback"]), bool(m["html"])) for m in data["merge"])
    return Rendered(str(data["subject"]), str(data["preheader"]), str(data["html"]), str(data["text"]), problems, merge)


def to_briefing(data: Mapping[str, Any]) -> Briefing:
    """The briefing that `asdict` took apart."""

    def picture(value: Any) -> BriefingPicture | None:
        cuts = tuple(BriefingCut(**each) for each in value["cuts"]) if value else ()
        return BriefingPicture(**{**value, "cuts": cuts}) if value else None

    def story(value: Any) -> BriefingStory:
        return BriefingStory(**{**value, "picture": picture(value["picture"])})

    pub = data["publication"]
    return Briefing(
        **{
            **data,
            "publication": Publication(
                **{**pub, "logo_light": picture(pub["logo_light"]), "logo_dark": picture(pub["logo_dark"])}
            ),
            "lead": story(data["lead"]) if data["lead"] else None,
            "sections": tuple(
                BriefingSection(each["title"], tuple(map(story, each["stories"]))) for each in data["sections"]
            ),
            "also": tuple(AlsoItem(**each) for each in data["also"]),
            "corrections": tuple(data["corrections"]),
            "boxes": tuple(BriefingBox(**each) for each in data["boxes"]),
            "sponsor": BriefingSponsor(**data["sponsor"]) if data["sponsor"] else None,
        }
    )


def _set_limits(seconds: int) -> None:
    import resource

    spent = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])) + 1  # by starting
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, spent + seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))


def main() -> None:
    """Reads a briefing, renders it with the templates of a folder, and writes what came out."""
    briefing = to_briefing(json.loads(sys.stdin.buffer.read().decode("utf-8", "surrogatepass")))
    _set_limits(int(sys.argv[2]))
    made = render(briefing, folders=(Path(sys.argv[1]),))
    sys.stdout.buffer.write(json.dumps(asdict(made)).encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
