/**
 * Replaces the parts of a page that changed, the smallest at a time, and never one that is in use. Elements are known by
 * their ids:
 *
 *   data-list    its children are taken one by one
 *   data-keep    stays, and what is in it is updated; with another value it is replaced
 *   data-field   a field: fields.js decides
 *   others       replaced when they differ
 */

import { find, htmx, list, listTyped, on } from "./dom.js";
import { adoptFields, receiveField, releaseFields } from "./fields.js";

/** @type {WeakMap<Element, string>} elements as they came: scripts may have changed them since */
const received = new WeakMap();
const USED = ":is(input, textarea, select):focus, :active, [data-unsaved-field]";
const CONTROL = "a, [tabindex], :is(button, input:not([type=hidden]), textarea, select):enabled";
let composing = false;
let [asked, closing, hasSkipped, added] = [0, "", false, /** @type {Element[]} */ ([])]; // of what is applied

on("compositionstart compositionend", (event) => (composing = event.type === "compositionstart"));

/**
 * Applies parts that the page asked for at `askedAt`, on its own clock. `close` is the id of an element that is to go
 * although it is written in, for its text is kept. Returns whether something was left as it was.
 * @param {string} html @param {number} askedAt @param {string} close
 */
export function applyParts(html, askedAt, close) {
  [asked, closing, hasSkipped, added] = [askedAt, close, composing, []];
  const focus = document.activeElement;
  const around = listIds(focus);
  const kept = html.match(/data-kept="([^"]*)"/); // the pool has none
  if (kept) releaseFields(kept[1], asked);
  walk(document.body, new DOMParser().parseFromString(composing ? "" : html, "text/html").body);
  restoreFocus(focus, around);
  for (const each of added) {
    htmx.process(each);
    adoptFields(each);
  }
  return hasSkipped;
}

/** @param {any} present @param {any} fresh */
function walk(present, fresh) {
  for (const child of list(":scope > *", fresh)) {
    const found = find(`[id="${child.id}"]`, present);
    if (!child.id) walk(present, child);
    else if (found) sync(found, child);
  }
}

/** @param {any} present @param {any} fresh */
function sync(present, fresh) {
  const { keep } = fresh.dataset;
  if ("list" in fresh.dataset) syncList(present, fresh);
  else if ("field" in fresh.dataset) hasSkipped = !receiveField(present, fresh, asked) || hasSkipped;
  else if (keep && keep === present.dataset.keep) walk(present, fresh);
  else replace(present, fresh);
}

/** @param {any} present @param {any} fresh */
function syncList(present, fresh) {
  const wanted = list(":scope > [id]", fresh);
  for (const child of list(":scope > [id]", present)) {
    if (wanted.some(({ id }) => id === child.id)) continue;
    const said = find(".refusal", child);
    if (isUsed(child)) hasSkipped = true;
    else child.remove();
    if (said) find("#error").replaceChildren(said.textContent); // to somebody whose row went
  }
  let cursor = present.firstElementChild;
  for (const each of wanted) {
    const found = find(`:scope > [id="${each.id}"]`, present);
    if (!found) {
      present.insertBefore(each, cursor);
      note(each);
      continue;
    }
    const next = found.nextElementSibling;
    sync(found, each);
    if (found === cursor) cursor = next;
    else present.insertBefore(found.isConnected ? found : each, cursor);
  }
}

/** @param {any} present @param {any} fresh */
function replace(present, fresh) {
  if ((received.get(present) ?? normalise(present)) === normalise(fresh)) return;
  if (isUsed(present)) {
    hasSkipped = true;
    return;
  }
  for (const { id } of list("details[open][id]", present)) find(`[id="${id}"]`, fresh)?.setAttribute("open", "");
  note(fresh);
  const said = find(".refusal", present);
  if (said) (fresh.matches("[data-refusals]") ? fresh : find("[data-refusals]", fresh) || fresh).append(said);
  present.replaceWith(fresh);
}

/** Whether an element is in use, or holds what is not saved. @param {Element} element */
function isUsed(element) {
  if (element.id === closing) return false;
  return find(USED, element) || listTyped(element).length;
}

/** @param {Element} fresh */
function note(fresh) {
  received.set(fresh, normalise(fresh));
  added.push(fresh);
}

/** An element as the desk sent it, without the tokens, which differ. @param {Element} element */
function normalise(element) {
  return element.outerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "").replace(/\s+/g, " ");
}

/**
 * What was replaced or moved has lost the focus; what cannot be used any more gives it to its neighbour.
 * @param {any} before @param {string[]} around the ids of what it was in
 */
function restoreFocus(before, around) {
  if (document.activeElement === before || before === document.body) return;
  const places = [before.isConnected && before, ...around.map((id) => find(`[id="${id}"]`))].filter(Boolean);
  const controls = places.flatMap((each) => [each, ...list("*", each), ...list("*", each.parentElement)]);
  controls.find((each) => each.matches(CONTROL) && each.checkVisibility())?.focus({ preventScroll: true });
}

/** The ids around an element. @param {any} element @returns {string[]} */
const listIds = (element) => (element ? [element.id, ...listIds(element.parentElement)].filter(Boolean) : []);
