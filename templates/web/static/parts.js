/**
 * Takes parts of a page from the desk and replaces what changed, the smallest part at a time, and never one that
 * somebody is writing or pressing in. Elements are known by their ids:
 *
 *   data-list      its children are taken one by one: added, removed, put in order
 *   data-keep      stays as it is, and only what is in it is brought up to date; another value of it: replaced
 *   data-field     a field: `setReceiver` decides
 *   others         replaced when they differ
 * @module
 */

const WRITTEN_IN = "input:not([type=hidden]), textarea, select";
/** @type {WeakMap<Element, string>} */
const received = new WeakMap();
/** @type {(present: HTMLElement, fresh: HTMLElement, askedAt: number) => boolean} */
let receiveField = () => true;
/** @type {Element | null} */
let pressed = null;
let composing = false;
let closing = "";
let asked = 0;
let hasSkipped = false;
/** @type {Element[]} */
let added = [];

document.addEventListener("pointerdown", (event) => (pressed = /** @type {Element} */ (event.target)), true);
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => setTimeout(() => (pressed = null)), true);
}
document.addEventListener("compositionstart", () => (composing = true), true);
document.addEventListener("compositionend", () => (composing = false), true);

/** What happens with a field that came; false: it was left as it is. @param {typeof receiveField} receive */
export function setReceiver(receive) {
  receiveField = receive;
}

/**
 * Applies parts that the page asked for at `askedAt`, on its own clock. `close` is the id of an element that is to go
 * although it is written in, for its text is kept.
 * Returns the elements that are new, and whether something was left as it was.
 * @param {string} html @param {number} askedAt @param {string} [close]
 * @returns {{ added: Element[], hasSkipped: boolean }}
 */
export function applyParts(html, askedAt, close = "") {
  if (composing) return { added: [], hasSkipped: true };
  const template = document.createElement("template");
  template.innerHTML = html;
  const focus = /** @type {HTMLElement | null} */ (document.activeElement);
  const selection = readSelection(focus);
  [asked, closing, hasSkipped, added] = [askedAt, close, false, []];
  for (const fresh of /** @type {HTMLElement[]} */ ([...template.content.children])) {
    const present = document.getElementById(fresh.id);
    if (present) sync(present, fresh);
  }
  restoreFocus(focus, selection);
  return { added: added.filter((each) => each.isConnected), hasSkipped };
}

/** Whether somebody is writing in an element, or has written there what is not saved. @param {Element} element */
export function isWritten(element) {
  const focused = document.activeElement;
  if (focused && element.contains(focused) && focused.matches(WRITTEN_IN)) return true;
  if (element.querySelector("[data-unsaved-field]")) return true;
  return [...element.querySelectorAll("input, textarea")].some((each) => {
    const input = /** @type {HTMLInputElement} */ (each);
    return input.type !== "hidden" && input.type !== "checkbox" && input.value !== input.defaultValue;
  });
}

/** @param {HTMLElement} present @param {HTMLElement} fresh */
function sync(present, fresh) {
  if (fresh.hasAttribute("data-list")) {
    syncList(present, fresh);
  } else if (fresh.dataset.keep && fresh.dataset.keep === present.dataset.keep && haveSameFields(present, fresh)) {
    walk(present, fresh);
  } else {
    replace(present, fresh);
  }
}

/** @param {Element} present @param {Element} fresh */
function haveSameFields(present, fresh) {
  /** @param {Element} root */
  const list = (root) => [...root.querySelectorAll("[data-field]")].map((each) => each.getAttribute("data-field"));
  return list(present).join() === list(fresh).join() || isWritten(present);
}

/** @param {HTMLElement} present @param {Element} fresh */
function walk(present, fresh) {
  for (const child of /** @type {HTMLElement[]} */ ([...fresh.children])) {
    if (child.dataset.field !== undefined) {
      const field = present.querySelector(`[data-field="${child.dataset.field}"]`);
      if (field && !receiveField(/** @type {HTMLElement} */ (field), child, asked)) hasSkipped = true;
    } else if (child.id) {
      const found = document.getElementById(child.id);
      if (found && present.contains(found)) sync(found, child);
    } else {
      walk(present, child);
    }
  }
}

/** @param {HTMLElement} present @param {HTMLElement} fresh */
function syncList(present, fresh) {
  const wanted = /** @type {HTMLElement[]} */ ([...fresh.children].filter((each) => each.id));
  const ids = new Set(wanted.map((each) => each.id));
  for (const child of [...present.children]) {
    if (!child.id || ids.has(child.id)) continue;
    if (child.id !== closing && isWritten(child)) hasSkipped = true;
    else child.remove();
  }
  let cursor = present.firstElementChild;
  for (const each of wanted) {
    const found = document.getElementById(each.id);
    if (found?.parentElement === present) {
      const next = found.nextElementSibling;
      sync(found, each);
      const now = /** @type {HTMLElement} */ (document.getElementById(each.id));
      if (found === cursor) cursor = next;
      else present.insertBefore(now, cursor);
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
  if ((fresh.id !== closing && isWritten(present)) || (pressed && present.contains(pressed))) {
    hasSkipped = true;
    return;
  }
  for (const open of present.querySelectorAll("details[open]")) {
    const same = open.id && fresh.querySelector(`#${CSS.escape(open.id)}`);
    if (same) same.setAttribute("open", "");
  }
  present.replaceWith(fresh);
  received.set(fresh, text);
  added.push(fresh);
}

/** An element as the desk sent it, without the tokens, which differ each time. @param {Element} element */
function normalise(element) {
  return element.outerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "").replace(/\s+/g, " ");
}

/** @param {Element | null} element @returns {[number, number] | null} */
function readSelection(element) {
  if (!(element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement)) return null;
  try {
    return element.selectionStart === null ? null : [element.selectionStart, element.selectionEnd ?? 0];
  } catch {
    return null;
  }
}

/** @param {HTMLElement | null} before @param {[number, number] | null} selection */
function restoreFocus(before, selection) {
  if (!before || before === document.body || document.activeElement === before) return;
  const again = before.isConnected ? before : document.getElementById(before.id);
  if (!again) return;
  const usable = /** @type {HTMLButtonElement} */ (again).disabled
    ? again.parentElement?.querySelector("button:not([disabled])")
    : again;
  /** @type {HTMLElement | null | undefined} */ (usable)?.focus({ preventScroll: true });
  if (selection && again === before) /** @type {HTMLInputElement} */ (again).setSelectionRange(...selection);
}
