/** The keys of the board and Find. Each presses the button in what is around the focus. */

import { find, list, nearest, on } from "./dom.js";

const ROW = ".pool>li";
/** @type {Record<string, string>} what is around, and in it the button */
const EVERYWHERE = {
  "Alt+ArrowUp": "[data-pick] [data-up]",
  "Alt+ArrowDown": "[data-pick] [data-down]",
  "Alt+1": "[data-field] [data-choose=mine]",
  "Alt+2": "[data-field] [data-theirs]",
  "Ctrl+Enter": "[data-field] [data-choose=merge]",
  "Ctrl+k": "body [data-find]",
  Escape: "body:not(:has(dialog[open],#q:focus)) [data-done]",
};
/** @type {typeof EVERYWHERE} */
const OUTSIDE_FIELDS = {
  "Ctrl+z": "body #undo-last",
  "/": "body #q",
  o: `${ROW} [data-open]`,
  Enter: `${ROW}:focus [data-enter]`,
};

const BUSY = "[data-drag].htmx-request, #undo .htmx-request"; // a move or an undo is on its way
/** @type {any[]} presses that wait for it */
const waiting = [];
on("htmx:afterRequest", () => {
  const press = waiting.shift();
  if (press) document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", press));
});

on("keydown", (event) => {
  if (event.isComposing) return;
  const key = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + event.key;
  const isTyping = nearest(event, "input:not([type=radio]), textarea, select");
  const selector = EVERYWHERE[key] || (!isTyping && OUTSIDE_FIELDS[key]) || "";
  const row = isTyping ? null : nearest(event, ROW);
  const rows = list(`${ROW}[tabindex]`);
  let target = selector && nearest(event, selector.split(" ")[0])?.querySelector(selector);
  if (!isTyping && (key === "j" || key === "k")) target = rows[row ? rows.indexOf(row) + (key === "j" ? 1 : -1) : 0];
  if (row && /^[1-9]$/.test(key)) target = list("[data-section]", row)[Number(key) - 1];
  const stops = list("#find[open] :is(input, a)");
  const step = key === "ArrowUp" ? -1 : +(key === "ArrowDown");
  if (step) target = stops[stops.indexOf(event.target) + step];
  if (/^(.|Backspace)$/.test(key) && nearest(event, "#find a")) stops[0].focus(); // the key is typed there
  if (!target) return;
  event.preventDefault();
  if (find(BUSY) && /^Alt|z$/.test(key)) waiting.push(event);
  else if (target.matches(`input, ${ROW}, #find a`)) target.focus();
  else target.click();
});
