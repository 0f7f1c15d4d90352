/**
 * The preview: the true mail, loaded beside the one that is shown, which stays until the new one is there.
 * @module
 */

import { ask, signIn } from "./session.js";

const AGAIN = 3_000; // milliseconds, when the desk cannot be reached
const section = /** @type {HTMLElement} */ (document.querySelector("[data-preview]"));
const box = find("#frames");
const status = find("#preview-status");
const radios = /** @type {HTMLInputElement[]} */ ([...section.querySelectorAll("[name=view]")]);
const memory = `desk:preview:${find("[data-board]", document.body).dataset.user}`;
let subscriber = "";
let isLoading = false;
let isWanted = false;
let timer = 0;

/** @param {string} name @param {ParentNode} [root] */
function find(name, root = section) {
  return /** @type {HTMLElement} */ (root.querySelector(name));
}

function getView() {
  return radios.find((each) => each.checked) || radios[0];
}

/** An address with what is asked for. @param {string | undefined} path */
function address(path) {
  const query = new URLSearchParams({ view: getView().value });
  if (subscriber) query.set("subscriber", subscriber);
  return `${path}?${query}`;
}

/** Gives a frame the width of its view, and makes it as small as the column. @param {HTMLIFrameElement} frame */
function fit(frame) {
  const width = Number(frame.dataset.width);
  const scale = Math.min(1, box.clientWidth / width);
  Object.assign(frame.style, {
    width: `${width}px`,
    height: `${box.clientHeight / scale}px`,
    transform: `scale(${scale})`,
    left: `${Math.max(0, (box.clientWidth - width * scale) / 2)}px`,
  });
}

/** The mail in a frame; null for whatever else came: an error, a page to sign in. @param {HTMLIFrameElement} frame */
function getMail(frame) {
  const page = frame.contentDocument;
  return page?.documentElement.hasAttribute("data-mail") ? page : null;
}

/** Loads the mail as it is now; while one is loading, once more behind it. */
export function update() {
  clearTimeout(timer);
  if (isLoading) {
    isWanted = true;
    return;
  }
  isLoading = true;
  isWanted = false;
  const shown = /** @type {HTMLIFrameElement} */ (box.querySelector("iframe"));
  const next = /** @type {HTMLIFrameElement} */ (shown.cloneNode());
  next.dataset.width = getView().dataset.width;
  next.setAttribute("aria-hidden", "true");
  next.tabIndex = -1;
  next.onload = () => take(shown, next);
  next.src = address(section.dataset.preview);
  box.append(next);
  fit(next);
}

/** @param {HTMLIFrameElement} shown @param {HTMLIFrameElement} next */
function take(shown, next) {
  isLoading = false;
  const mail = getMail(next);
  if (!mail) {
    next.remove();
    explain();
    return;
  }
  const before = getMail(shown);
  const isSame = before?.documentElement.outerHTML === mail.documentElement.outerHTML;
  if (isSame && shown.dataset.width === next.dataset.width && shown.src === next.src) {
    next.remove();
  } else {
    const isView = shown.dataset.width === next.dataset.width;
    next.contentWindow?.scrollTo(0, isView ? shown.contentWindow?.scrollY || 0 : 0);
    next.removeAttribute("aria-hidden");
    next.tabIndex = 0;
    shown.remove();
  }
  section.dataset.view = getView().value;
  status.textContent = (section.dataset.saidUpdated || "").replace("TIME", formatTime());
  showInbox();
  section.dispatchEvent(new Event("shown"));
  if (isWanted) update();
}

function formatTime() {
  const timeZone = find("[data-zone]", document.body).dataset.zone;
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone }).format(new Date());
}

/** Says why nothing came: nobody is signed in, the network is gone, or the desk refused it. */
async function explain() {
  const answer = await ask(address(section.dataset.inbox), null);
  if (answer.status === 401) {
    signIn().then(update);
    return;
  }
  const isRefused = answer.status >= 400 && answer.status < 500;
  status.textContent = (isRefused ? section.dataset.saidRefused : section.dataset.saidFailed) || "";
  if (!isRefused) timer = setTimeout(update, AGAIN);
}

/** The row of the inbox with the values of the subscriber; without one, and without merge fields, the board's own. */
async function showInbox() {
  const place = find("#inbox-as");
  if (!subscriber && !find("#inbox").textContent?.includes("{{")) {
    place.replaceChildren();
    return;
  }
  const response = await fetch(address(section.dataset.inbox), { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.ok) place.innerHTML = await response.text();
}

/** @param {string} id @param {string} name */
function viewAs(id, name) {
  subscriber = id;
  const said = find("#viewed-as");
  said.hidden = !id;
  find("b", said).textContent = name;
  find("#recipients").replaceChildren();
  const input = /** @type {HTMLInputElement} */ (find("#view-as"));
  input.value = "";
  input.focus();
  update();
}

section.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (
    /** @type {HTMLElement} */ (event.target).closest("[data-subscriber], [data-everybody]")
  );
  if (button) viewAs(button.dataset.subscriber || "", button.dataset.name || "");
});
find("[data-views]").addEventListener("submit", (event) => {
  event.preventDefault();
  find("[data-subscriber]")?.click(); // Enter takes the first that was found
});
for (const each of radios) {
  each.checked = each.value === (localStorage.getItem(memory) || "wide");
  each.addEventListener("change", () => {
    localStorage.setItem(memory, each.value);
    update();
  });
}
document.body.addEventListener("preview", update);
new ResizeObserver(() => box.querySelectorAll("iframe").forEach(fit)).observe(box);
find("iframe").dataset.width = "700";
update();
