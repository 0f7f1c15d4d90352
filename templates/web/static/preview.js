/** The preview: the true mail, loaded beside the one that is shown, which stays until it is there. @module */

import { find as findIn, list, on } from "./dom.js";
import { ask, askPart, signIn } from "./session.js";

const section = findIn("[data-preview]");
const said = section.dataset;
const box = find("#frames");
const memory = `desk:preview:${findIn("[data-board]").dataset.user}`;
let subscriber = "";
let isLoading = false;
let isWanted = false;
let timer = 0;

/** @param {string} selector */
function find(selector) {
  return findIn(selector, section);
}

/** An address with what is asked for. @param {string} path */
function address(path) {
  return `${path}?${new URLSearchParams({ view: find("[name=view]:checked").value, subscriber })}`;
}

/** Makes a frame of its view's width as small as the column. @param {any} frame */
function fit(frame) {
  const { width } = frame.dataset;
  const scale = Math.min(1, box.clientWidth / width);
  Object.assign(frame.style, {
    width: `${width}px`,
    height: `${box.clientHeight / scale}px`,
    transform: `scale(${scale})`,
    left: `${(box.clientWidth - width * scale) / 2}px`,
  });
}

/** The mail in a frame; nothing for an error, or a page to sign in. @param {any} frame */
function getMail(frame) {
  const page = frame.contentDocument?.documentElement;
  return page?.hasAttribute("data-mail") && page.outerHTML;
}

/** Loads the mail; while one is loading, once more behind it. */
function update() {
  clearTimeout(timer);
  isWanted = isLoading;
  if (isLoading) return;
  isLoading = true;
  const shown = find("iframe");
  const next = shown.cloneNode();
  next.dataset.width = find("[name=view]:checked").dataset.width;
  next.ariaHidden = "true";
  next.onload = () => take(shown, next);
  next.src = address(said.preview);
  box.append(next);
  fit(next);
}

/** @param {any} shown @param {any} next */
function take(shown, next) {
  isLoading = false;
  const mail = getMail(next);
  if (!mail || (shown.src === next.src && getMail(shown) === mail)) {
    next.remove();
  } else {
    next.contentWindow.scrollTo(0, getMail(shown) ? shown.contentWindow.scrollY : 0);
    next.ariaHidden = null;
    shown.remove();
  }
  if (!mail) return explain();
  said.view = find("[name=view]:checked").value;
  const { zone } = findIn("[data-zone]").dataset;
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { timeZone: zone, hourCycle: "h23" });
  find("#preview-status").textContent = said.saidUpdated.replace("TIME", time);
  showInbox();
  section.dispatchEvent(new Event("shown"));
  if (isWanted) update();
}

/** Says why nothing came, and tries again. */
async function explain() {
  const { status } = await ask(address(said.inbox), null);
  if (status === 401) return signIn().then(update);
  find("#preview-status").textContent = said.saidFailed;
  timer = setTimeout(update, 3_000);
}

/** The row of the inbox with its merge fields filled in; without any, the board's own. */
async function showInbox() {
  const place = find("#inbox-as");
  if (!subscriber && !find("#inbox").textContent.includes("{{")) return place.replaceChildren();
  const { status, body } = await askPart(address(said.inbox));
  if (status === 200) place.innerHTML = body;
}

section.addEventListener("click", (/** @type {any} */ { target }) => {
  const button = target.closest("[data-subscriber], [data-everybody]");
  if (!button) return;
  subscriber = button.dataset.subscriber || "";
  find("#viewed-as").hidden = !subscriber;
  find("#viewed-as b").textContent = button.dataset.name;
  find("#recipients").replaceChildren();
  find("#view-as").value = "";
  find("#view-as").focus();
  update();
});
section.addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  find("[data-subscriber]")?.click(); // Enter takes the first that was found
});
section.addEventListener("change", (/** @type {any} */ { target }) => {
  if (target.name !== "view") return;
  localStorage.setItem(memory, target.value);
  update();
});
on("preview", update);
new ResizeObserver(() => list("iframe", box).forEach(fit)).observe(box);
find("iframe").dataset.width = "700";
(find(`[value="${localStorage.getItem(memory)}"]`) || find("[name=view]")).checked = true;
update();
