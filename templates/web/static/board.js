/**
 * The board: one story open for editing, the keys, and one poll that brings what changed.
 * @module
 */

import { adoptFields, flushFields, receiveField, retryAll, settleFields, startFields } from "./fields.js";
import { applyParts, setReceiver } from "./parts.js";
import { showRefusal } from "./refusals.js";
import { ask, isSignedOut, signIn } from "./session.js";

const EVERY = 2_000; // milliseconds between two questions for changes
const EVERY_HIDDEN = 30_000;

const board = /** @type {HTMLElement} */ (document.querySelector("[data-board]"));
/** @type {{ process: (element: Element) => void, trigger: (element: Element, name: string) => void }} */
const htmx = /** @type {any} */ (window).htmx;
/** @type {WeakMap<Element, number>} when htmx asked on behalf of an element */
const askedAt = new WeakMap();
let timer = 0;
/** @type {Promise<void> | null} */
let running = null;
let isWantedAgain = false;
let isStale = false; // a part was left as it was, for somebody was writing in it
let isPoolStale = false;

setReceiver(receiveField);
startFields({
  board: board.dataset.board || "",
  user: board.dataset.user || "",
  conflicts: board.dataset.conflicts || "",
  saved: () => {
    document.body.dispatchEvent(new Event("preview"));
    refresh();
  },
});
schedule();

document.addEventListener("visibilitychange", () => (document.hidden ? schedule() : refresh()));
document.addEventListener("desk:signed-in", () => refresh());
document.addEventListener("focusout", () => setTimeout(catchUp, 300));
document.addEventListener("pointerup", () => setTimeout(catchUp, 300));

/** Tells colleagues that somebody is here, and which story they edit. @param {boolean} [gone] */
function tellPresence(gone = false) {
  if (!board.dataset.presence || isSignedOut() || (document.hidden && !gone)) return;
  const part = getEditing() && `story:${getEditing()}`;
  ask(board.dataset.presence, gone ? { gone: "1" } : { part }, { keepalive: gone });
}
tellPresence();
setInterval(() => tellPresence(), 8_000);
window.addEventListener("pagehide", () => tellPresence(true));

/** Asks once more for what was left as it was. */
function catchUp() {
  if (isStale) refresh(true);
  if (isPoolStale) document.body.dispatchEvent(new Event("pool"));
  isStale = isPoolStale = false;
}

/** The key of the story whose form is open, or "". */
function getEditing() {
  return document.querySelector("[data-editing]")?.getAttribute("data-editing") || "";
}

/** @returns {DOMStringMap} what the page was last told */
function readMark() {
  return /** @type {HTMLElement} */ (document.getElementById("mark")).dataset;
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(() => refresh(), document.hidden ? EVERY_HIDDEN : EVERY);
}

/**
 * Asks for what changed, and shows it. One question at a time.
 * @param {boolean} [all] also when nothing changed @param {string} [closing] the key of a story whose form closes
 * @returns {Promise<void>}
 */
async function refresh(all = false, closing = "") {
  if (running && !closing && !all) {
    isWantedAgain = true;
    return running;
  }
  while (running) await running;
  running = askForChanges(all, closing).finally(() => {
    running = null;
    schedule();
    if (isWantedAgain) {
      isWantedAgain = false;
      refresh();
    }
  });
  return running;
}

/** @param {boolean} all @param {string} closing */
async function askForChanges(all, closing) {
  if (isSignedOut()) return;
  const editing = closing && closing === getEditing() ? "" : getEditing();
  const mark = all || closing ? "" : readMark().mark || "";
  const url = `${board.dataset.changes}?mark=${mark}&editing=${editing}`;
  const asked = performance.now();
  try {
    const response = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "error" });
    if (response.status === 401) signIn();
    else if (response.status === 200) take(await response.text(), asked, closing);
  } catch {
    // The network is gone: fields say so where something is lost by it. The next question comes by itself.
  }
}

/** Shows parts that came. @param {string} html @param {number} asked @param {string} [closing] */
function take(html, asked, closing = "") {
  const before = { ...readMark() };
  const taken = applyParts(html, asked, closing && `story-${closing}`);
  if (html.includes('id="pool"')) isPoolStale = taken.hasSkipped;
  else isStale = taken.hasSkipped;
  for (const each of taken.added) {
    htmx.process(each);
    adoptFields(each.closest("form[data-fields]") || each);
  }
  const now = readMark();
  if (now.version !== before.version) {
    document.body.dispatchEvent(new Event("preview"));
    document.body.dispatchEvent(new Event("pool"));
  }
  if ("editable" in now && !("editable" in before)) retryAll();
}

document.addEventListener("htmx:configRequest", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  detail.headers["X-Editing"] = getEditing();
  askedAt.set(detail.elt, performance.now());
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (!detail.xhr.getResponseHeader("X-Parts") || detail.xhr.status >= 400) return;
  detail.shouldSwap = false;
  const form = detail.requestConfig.elt.closest("form");
  if (form?.matches("[data-reset]")) {
    form.reset();
    form.closest("details")?.removeAttribute("open");
  }
  if (detail.requestConfig.elt.closest("#pool")) form?.reset(); // what was typed there is stored now
  take(detail.xhr.responseText, askedAt.get(detail.requestConfig.elt) || 0);
});

// A story is dropped with its last words saved, so that the hash sent along is that of what is there.
document.addEventListener("htmx:confirm", (event) => {
  const form = /** @type {HTMLElement} */ (event.target);
  const key = form.querySelector("[data-drop]") && getEditing();
  if (!key || form.dataset.ready) return;
  event.preventDefault();
  settleFields(`story:${key}`)
    .then(() => refresh(true))
    .then(() => {
      const fresh = document.querySelector(`#drop-${key} form`);
      if (!fresh) return;
      fresh.setAttribute("data-ready", "1");
      htmx.trigger(fresh, "submit");
    });
});

/** Opens the form of a story; the one that is open closes, and what is typed there is saved. @param {HTMLElement} link */
async function openStory(link) {
  const closing = getEditing();
  const asked = performance.now();
  flushFields();
  try {
    const response = await fetch(/** @type {HTMLAnchorElement} */ (link).href, {
      headers: { "HX-Request": "true" },
      redirect: "error",
    });
    const html = await response.text();
    if (response.status === 401) signIn();
    else if (response.status !== 200) showRefusal(link, new DOMParser().parseFromString(html, "text/html").body.innerText);
    else {
      take(html, asked, closing);
      document.getElementById("p-headline")?.focus();
      tellPresence();
    }
  } catch {
    showRefusal(link, "Not opened: the desk cannot be reached. Press it again when the network is back.");
  }
}

/** Closes the form that is open; what is typed there is saved. */
async function closeStory() {
  const key = getEditing();
  if (!key) return;
  flushFields(`story:${key}`);
  await settleFields(`story:${key}`);
  await refresh(true, key);
  tellPresence();
  document.getElementById(`edit-${key}`)?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const edit = /** @type {HTMLElement | null} */ (target.closest("[data-edit]"));
  if (edit) {
    event.preventDefault();
    openStory(edit);
  } else if (target.closest("[data-done]")) {
    event.preventDefault();
    closeStory();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    /** @type {HTMLElement | null} */ (document.querySelector("[data-search]"))?.focus();
  } else if (!isTyping && (event.ctrlKey || event.metaKey) && event.key === "z") {
    event.preventDefault();
    document.getElementById("undo-last")?.click();
  } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const name = event.key === "ArrowUp" ? "[data-up]" : "[data-down]";
    const button = /** @type {HTMLElement | null | undefined} */ (target.closest("[data-pick]")?.querySelector(name));
    if (button) {
      event.preventDefault();
      button.click();
    }
  } else if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    closeStory();
  } else if (!isTyping && (event.key === "j" || event.key === "k")) {
    focusNext(event.key === "j" ? 1 : -1);
  }
});

/** @param {number} step */
function focusNext(step) {
  const buttons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".pool [data-pick-it]")]);
  const at = buttons.findIndex((each) => each === document.activeElement);
  (buttons[at + step] || buttons[0])?.focus();
}
