/**
 * Replaces the parts of a page that changed, the smallest at a time, and never one that somebody is writing or pressing
 * in. Elements are known by their ids:
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
/** @type {any} */
let pressed = null;
let composing = false;
let [asked, closing, hasSkipped, added] = [0, "", false, /** @type {HTMLElement[]} */ ([])]; // of what is applied

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
  const focus = document.activeElement;
  const { body } = new DOMParser().parseFromString(composing ? "" : html, "text/html");
  walk(document.body, body);
  restoreFocus(focus);
  return { added: added.filter((each) => each.isConnected), hasSkipped };
}

/** Whether somebody is writing in an element, or has written there what is not saved. @param {HTMLElement} element */
function isWritten(element) {
  if (find("input:not([type=hidden]):focus, textarea:focus, select:focus, [data-unsaved-field]", element)) return true;
  const controls = list("input:not([type=hidden], [type=checkbox]), textarea", element);
  return controls.some((each) => each.value !== each.defaultValue);
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
    const found = find(field ? `[data-field="${field}"]` : `[id="${child.id}"]`, present);
    if (!field && !child.id) walk(present, child);
    else if (found && !field) sync(found, child);
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
 * @param {any} before */
function restoreFocus(before) {
  if (document.activeElement === before || before === document.body) return;
  const again = before.isConnected ? before : find(`[id="${before.id}"]`);
  const usable = again?.matches(":disabled") ? find("button:enabled", again.parentElement) : again;
  usable?.focus({ preventScroll: true });
}
