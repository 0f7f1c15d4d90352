/**
 * Takes parts of a page from the desk and replaces what changed, the smallest part at a time, and never one that
 * somebody is writing or pressing in. Elements are known by their ids:
 *
 *   data-list      its children are taken one by one: added, removed, put in order
 *   data-keep      stays as it is, and only what is in it is brought up to date; another value of it: replaced
 *   data-field     a field: fields.js decides
 *   others         replaced when they differ
 * @module
 */

import { find, list, on } from "./dom.js";
import { receiveField } from "./fields.js";

/** @type {WeakMap<Element, string>} elements as the desk sent them: scripts may have changed them since */
const received = new WeakMap();
/** @type {Element | null} */
let pressed = null;
let composing = false;
let closing = "";
let asked = 0;
let hasSkipped = false;
/** @type {HTMLElement[]} */
let added = [];

on("pointerdown", (event) => (pressed = event.target), true);
on("pointerup pointercancel", () => setTimeout(() => (pressed = null)), true);
on("compositionstart compositionend", (event) => (composing = event.type === "compositionstart"), true);

/**
 * Applies parts that the page asked for at `askedAt`, on its own clock. `close` is the id of an element that is to go
 * although it is written in, for its text is kept. Returns the elements that are new, and whether something was left
 * as it was.
 * @param {string} html @param {number} askedAt @param {string} [close]
 */
export function applyParts(html, askedAt, close = "") {
  [asked, closing, hasSkipped, added] = [askedAt, close, composing, []];
  const focus = /** @type {HTMLElement} */ (document.activeElement);
  const { body } = new DOMParser().parseFromString(composing ? "" : html, "text/html");
  for (const fresh of list(":scope > [id]", body)) {
    const present = document.getElementById(fresh.id);
    if (present) sync(present, fresh);
  }
  restoreFocus(focus);
  return { added: added.filter((each) => each.isConnected), hasSkipped };
}

/** Whether somebody is writing in an element, or has written there what is not saved. @param {HTMLElement} element */
function isWritten(element) {
  if (find("input:not([type=hidden]):focus, textarea:focus, select:focus, [data-unsaved-field]", element)) return true;
  return list("input:not([type=hidden], [type=checkbox]), textarea", element).some((each) => {
    const { value, defaultValue } = /** @type {HTMLInputElement} */ (each);
    return value !== defaultValue;
  });
}

/** @param {HTMLElement} present @param {HTMLElement} fresh */
function sync(present, fresh) {
  const { keep } = fresh.dataset;
  if (fresh.hasAttribute("data-list")) syncList(present, fresh);
  else if (keep && keep === present.dataset.keep) walk(present, fresh);
  else replace(present, fresh);
}

/** @param {HTMLElement} present @param {HTMLElement} fresh */
function walk(present, fresh) {
  for (const child of list(":scope > *", fresh)) {
    const { field } = child.dataset;
    const found = find(field === undefined ? `[id="${child.id}"]` : `[data-field="${field}"]`, present);
    if (field === undefined && !child.id) walk(present, child);
    else if (found && field === undefined) sync(found, child);
    else if (found && !receiveField(found, child, asked)) hasSkipped = true;
  }
}

/** @param {HTMLElement} present @param {HTMLElement} fresh */
function syncList(present, fresh) {
  const wanted = list(":scope > [id]", fresh);
  for (const child of list(":scope > [id]", present)) {
    if (wanted.some((each) => each.id === child.id)) continue;
    if (child.id !== closing && isWritten(child)) hasSkipped = true;
    else child.remove();
  }
  let cursor = present.firstElementChild;
  for (const each of wanted) {
    const found = document.getElementById(each.id);
    if (found?.parentElement === present) {
      const next = found.nextElementSibling;
      sync(found, each);
      if (found === cursor) cursor = next;
      else present.insertBefore(document.getElementById(each.id) || each, cursor);
    } else {
      present.insertBefore(each, cursor);
      received.set(each, normalise(each));
      added.push(each);
    }
  }
}

/** @param {HTMLElement} present @param {HTMLElement} fresh */
function replace(present, fresh) {
  const text = normalise(fresh);
  if ((received.get(present) ?? normalise(present)) === text) return;
  if ((fresh.id !== closing && isWritten(present)) || present.contains(pressed)) {
    hasSkipped = true;
    return;
  }
  for (const open of list("details[open][id]", present)) find(`[id="${open.id}"]`, fresh)?.setAttribute("open", "");
  present.replaceWith(fresh);
  received.set(fresh, text);
  added.push(fresh);
}

/** An element as the desk sent it, without the tokens, which differ each time. @param {Element} element */
function normalise(element) {
  return element.outerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "").replace(/\s+/g, " ");
}

/** What was replaced or moved has lost the focus; a button that cannot be pressed any more gives it to its neighbour.
 * @param {HTMLElement} before */
function restoreFocus(before) {
  if (document.activeElement === before || before === document.body) return;
  const again = before.isConnected ? before : document.getElementById(before.id);
  const usable = again?.matches(":disabled") ? find("button:enabled", again.parentElement || again) : again;
  usable?.focus({ preventScroll: true });
}
