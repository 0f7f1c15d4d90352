/** Finding elements and listening, in few words and typed. */

/** The first that fits. @param {string} selector @param {ParentNode} [root] @returns {any} */
export const find = (selector, root = document) => root.querySelector(selector);

/** @param {string} selector @param {ParentNode} [root] */
export const list = (selector, root = document) => /** @type {any[]} */ ([...root.querySelectorAll(selector)]);

/** The element of an event, or one around it. @param {any} event @param {string} selector @returns {any} */
export const nearest = (event, selector) => event.target.closest?.(selector);

/** Listens for some names. @param {string} names @param {(event: any) => void} listener @param {EventTarget} [target] */
export function on(names, listener, target = document) {
  for (const name of names.split(" ")) target.addEventListener(name, listener);
}

/** Tells every part of the page. @param {string} name */
export const tell = (name) => document.body.dispatchEvent(new Event(name, { bubbles: true }));

/** Where text is typed that was not sent. @param {ParentNode} [root] */
export const listTyped = (root) => list(TYPED, root).filter((each) => each.value !== each.defaultValue);
const TYPED = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=password], [type=file])";

export const { htmx } = /** @type {any} */ (window);

/** The sentences that a page has for its scripts. */
export const words = find("body").dataset;
