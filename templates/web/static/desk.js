/** The desk's own script on every page: the clock, and what is pasted. Everything works without it. */

import "./refusals.js";

const clock = /** @type {HTMLElement | null} */ (document.querySelector("[data-now]"));
if (clock) {
  const offset = Date.parse(clock.dataset.now || "") - Date.now();
  const format = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: clock.dataset.zone,
  });
  setInterval(() => (clock.textContent = format.format(new Date(Date.now() + offset))), 5000);
}

/** What a browser copied as markup goes along with the text that is pasted, for the story is read better from it. */
const LARGEST_COPY = 1_000_000; // characters
for (const each of document.querySelectorAll("textarea[data-copied]")) {
  const area = /** @type {HTMLTextAreaElement} */ (each);
  const html = /** @type {HTMLInputElement | null} */ (area.form?.elements.namedItem("html"));
  area.addEventListener("paste", (event) => {
    const copied = event.clipboardData?.getData("text/html") || "";
    const alone = area.selectionStart === 0 && area.selectionEnd === area.value.length;
    if (html) html.value = alone && copied.length <= LARGEST_COPY ? copied : "";
  });
  area.addEventListener("input", (event) => {
    const pasted = /** @type {InputEvent} */ (event).inputType === "insertFromPaste";
    if (html && !pasted) html.value = ""; // what was typed or cut since is in the text alone
  });
}
