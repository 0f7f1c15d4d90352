/** The desk's own script on every page: the clock, and reloading the preview. Everything works without it. */

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

document.body.addEventListener("preview", () => {
  for (const each of document.querySelectorAll("iframe[data-preview]")) {
    const frame = /** @type {HTMLIFrameElement} */ (each);
    frame.src = `${frame.dataset.preview}&v=${Date.now()}`;
  }
});
