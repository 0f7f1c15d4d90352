/** The desk's script on every page: the clock, dialogs, what is pasted. Everything works without it. */

import { find, nearest, on } from "./dom.js";
import "./keys.js";
import "./refusals.js";

find(".bar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); // on a phone the names scroll

const clock = find("[data-now]");
if (clock) {
  const { now, zone: timeZone } = clock.dataset;
  const offset = Date.parse(now) - Date.now();
  const format = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone });
  setInterval(() => (clock.textContent = format.format(Date.now() + offset)), 5000);
}

on("htmx:afterSettle", ({ target }) => target.matches("dialog:not([open])") && target.showModal());

/** Markup goes along with the text that is pasted: the story is read better from it. */
const LARGEST_COPY = 1_000_000; // characters
on("paste input", (event) => {
  const area = nearest(event, "textarea[data-copied]");
  const html = area?.form.elements.html;
  if (!html || event.inputType === "insertFromPaste") return;
  const copied = event.clipboardData?.getData("text/html") || "";
  const isAlone = area.selectionStart === 0 && area.selectionEnd === area.value.length;
  html.value = isAlone && copied.length <= LARGEST_COPY ? copied : "";
});
