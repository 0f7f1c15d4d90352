/**
 * The keys of the board: / J K Enter O 1–9 in the pool; Alt and arrows and Esc for stories; Ctrl Z outside fields.
 * @module
 */

import { find, list, nearest, on } from "./dom.js";

/** @param {Event} event @param {HTMLElement | null | undefined} element */
function press(event, element) {
  if (!element) return;
  event.preventDefault();
  if (element.matches("input, li")) element.focus();
  else element.click();
}

on("keydown", (event) => {
  const { key } = event;
  const story = nearest(event, "[data-pick]");
  const row = nearest(event, ".pool > li");
  if (event.isComposing) return;
  if (key === "Escape" && !find("dialog[open]")) press(event, find("[data-done]"));
  if (event.altKey && story && key === "ArrowUp") press(event, find("[data-up]", story));
  if (event.altKey && story && key === "ArrowDown") press(event, find("[data-down]", story));
  if (event.altKey || nearest(event, "input:not([type=radio]), textarea, select")) return;
  if (event.ctrlKey || event.metaKey) return key === "z" && press(event, find("#undo-last"));
  if (key === "/") press(event, find("#q"));
  if (key === "j" || key === "k") {
    const rows = list(".pool > li[tabindex]");
    press(event, rows[row ? rows.indexOf(row) + (key === "j" ? 1 : -1) : 0]);
  }
  if (!row) return;
  if (key === "o") press(event, find("[data-open]", row));
  if (key === "Enter" && event.target === row) press(event, find("[data-pick-it], summary", row));
  if (key >= "1" && key <= "9") press(event, list("[data-section]", row)[Number(key) - 1]);
});
