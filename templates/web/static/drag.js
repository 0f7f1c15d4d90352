/** Drags a story to its place, or an article from the pool. A line shows where it would go; keys.js does the same. */

import { find, htmx, list, nearest, on } from "./dom.js";

const EDGE = 100; // pixels: nearer to the edge of the window the page scrolls
const PLACE = "#order > [data-pick], #order > [data-into]"; // a story, or the head of a section
const mark = document.createElement("div");
mark.className = "drop";
/** @type {any} the row that is dragged */
let row = null;

on("pointerdown", (event) => {
  const grip = nearest(event, "[data-grip]");
  if (!grip || event.button) return;
  row = grip.closest("article, li");
  row.classList.add("is-dragged");
  grip.setPointerCapture(event.pointerId);
  grip.focus();
});

on("pointermove", ({ clientX, clientY }) => {
  if (!row) return;
  if (clientY < EDGE || clientY > innerHeight - EDGE) scrollBy(0, clientY < EDGE ? -9 : 9);
  const over = document.elementFromPoint(clientX, clientY)?.closest(PLACE);
  if (!over) return mark.remove();
  const { top, height } = over.getBoundingClientRect();
  const isAbove = over.matches("article") && clientY < top + height / 2;
  over[isAbove ? "before" : "after"](mark);
});

on("pointerup pointercancel keydown", (event) => {
  if (!row || (event.type === "keydown" && event.key !== "Escape")) return;
  const places = list(`${PLACE}, .drop`);
  const before = event.type === "pointerup" && places[places.indexOf(mark) - 1];
  const source = find("form[data-drag]", row);
  row.classList.remove("is-dragged");
  row = null;
  mark.remove();
  if (!before) return;
  const { pick, into } = before.dataset;
  htmx.ajax("POST", source.action, { source, event, values: { after: pick || `#${into}` } });
});
