/**
 * Dragging a story to its place in the running order, or an article from the pool, by mouse, finger or pen. A line shows
 * where it would go; the keys do the same (keys.js).
 * @module
 */

import { find, nearest, on } from "./dom.js";

const EDGE = 100; // pixels: nearer to the edge of the window the page scrolls
const PLACE = "#order > [data-pick], #order > [data-into]"; // a story, or the head of a section
const mark = document.createElement("div");
mark.className = "drop";
/** @type {HTMLElement | null} the row that is dragged */
let row = null;

on("pointerdown", (event) => {
  const grip = nearest(event, "[data-grip]");
  if (!grip || event.button) return;
  row = grip.closest("article, li");
  row?.classList.add("is-dragged");
  grip.setPointerCapture(event.pointerId);
});

on("pointermove", ({ clientX, clientY }) => {
  if (!row) return;
  if (clientY < EDGE || clientY > innerHeight - EDGE) scrollBy(0, clientY < EDGE ? -9 : 9);
  const over = document.elementFromPoint(clientX, clientY)?.closest(PLACE);
  if (!over) return mark.remove();
  const { top, height } = over.getBoundingClientRect();
  over.insertAdjacentElement(over.matches("article") && clientY < top + height / 2 ? "beforebegin" : "afterend", mark);
});

on("pointerup pointercancel keydown", (event) => {
  if (!row || (event.type === "keydown" && event.key !== "Escape")) return;
  const form = find("form[data-drag]", row);
  let before = event.type === "pointerup" ? mark.previousElementSibling : null;
  while (before && !before.matches(PLACE)) before = before.previousElementSibling;
  row.classList.remove("is-dragged");
  row = null;
  mark.remove();
  if (!before) return;
  const { pick, into } = /** @type {HTMLElement} */ (before).dataset;
  const values = { after: pick || `#${into}` };
  /** @type {any} */ (window).htmx.ajax("POST", form.action, { source: form, event, values });
});
