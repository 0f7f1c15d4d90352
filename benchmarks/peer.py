"""The same MJML and sheet through node's mjml and juice, in node, warm: what the rendering is measured against."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

PACKAGES = ("mjml@4", "juice@11")
_SCRIPT = """
import fs from "node:fs";
import mjml2html from "mjml";
import juice from "juice";
const { mjml, sheet } = JSON.parse(fs.readFileSync(0, "utf8"));
const options = { applyStyleTags: false, removeStyleTags: false, preserveMediaQueries: true };
const spent = [];
for (let run = 0; run < 40; run++) {
  const start = performance.now();
  const { html } = await mjml2html(mjml.replace("</mj-title>", ` ${run}</mj-title>`), { validationLevel: "skip" });
  const made = juice.inlineContent(html, sheet, options);
  if (made.length < 10000) throw new Error("no mail came out");
  if (run >= 10) spent.push(performance.now() - start);
}
spent.sort((a, b) => a - b);
console.log(spent[spent.length >> 1]);
"""


def node_ms(mjml: str, sheet: str) -> tuple[float, str]:
    """Milliseconds of one rendering (the median of thirty), or 0 and why there is no such number."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return 0.0, "node and npm are not installed"
    folder, why = _installed()
    if folder is None:
        return 0.0, why
    done = subprocess.run(
        [node, "bench.mjs"],
        cwd=folder,
        input=json.dumps({"mjml": mjml, "sheet": sheet}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return (float(done.stdout), "") if not done.returncode else (0.0, f"node failed: {done.stderr.strip()[-200:]}")


@cache
def _installed() -> tuple[Path | None, str]:
    folder = Path(tempfile.mkdtemp(prefix="newsletter-bench-"))
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    (folder / "bench.mjs").write_text(_SCRIPT)
    npm = shutil.which("npm") or "npm"
    made = subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", *PACKAGES],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return (folder, "") if not made.returncode else (None, "npm could not install mjml and juice")
