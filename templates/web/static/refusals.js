/** Shows what the desk refused beside the control that was pressed, and keeps what is typed there. */

import { find, list, listTyped, on, words } from "./dom.js";
import { isSignedOut, signIn } from "./session.js";

/**
 * Shows a sentence beside an element, or in the corner when nobody pressed anything; "" takes the one before away.
 * @param {Element} element @param {string | Node} sentence
 */
export function showRefusal(element, sentence, byHand = true) {
  const place = element.closest("[data-refusals]") || element.closest("form") || element.parentElement;
  if (!byHand || !place?.isConnected) return sentence && find("#error").replaceChildren(sentence);
  find(":scope > .refusal", place)?.remove();
  if (!sentence) return;
  const slot = document.createElement("div");
  slot.className = "error refusal";
  slot.role = "alert";
  slot.append(sentence);
  place.append(slot);
}

/** @param {any} config */
const isByHand = ({ triggeringEvent }) => /^(submit|click|change|input|key|pointer)/.test(triggeringEvent?.type);

on("htmx:confirm", (event) => {
  if (isSignedOut() && !event.target.closest("#sign-in")) event.preventDefault(); // polls, too
});

on("htmx:beforeRequest", ({ detail: { requestConfig } }) => {
  if (isByHand(requestConfig)) showRefusal(requestConfig.elt, "");
});

on("htmx:beforeSwap", async ({ detail }) => {
  const { requestConfig, xhr } = detail;
  const { elt } = requestConfig; // the event's own is the target
  const isRefusal = xhr.getResponseHeader("X-Refusal");
  if (xhr.status < 400) return;
  if (!isRefusal && (xhr.status === 409 || xhr.status === 422)) return; // the form, with what was typed
  detail.shouldSwap = detail.isError = false;
  const said = document.createRange().createContextualFragment(isRefusal ? xhr.responseText : "");
  let sentence = said.textContent?.trim() ? said : `${words.fault} (${xhr.status})`;
  if (xhr.status === 401) {
    await signIn();
    sentence = isByHand(requestConfig) && words.signedOut;
  }
  showRefusal(elt, sentence, isByHand(requestConfig));
});

on("htmx:sendError", ({ detail: { requestConfig } }) => {
  showRefusal(requestConfig.elt, words.unreachable, isByHand(requestConfig));
});

// Before what was typed and not sent is lost, somebody is asked.
const FORM = "form[method=post]:not([data-fields])";
let isSent = false;
/** @param {any} [root] */
const isTyped = (root) => list(FORM, root).some((form) => listTyped(form).length);
on("submit", (event) => (isSent ||= !event.defaultPrevented));
on("beforeunload", (event) => isSent || ((isTyped() || find("[data-state=retrying]")) && event.preventDefault()), window);
/** @param {any} event */
function ask(event) {
  if (isTyped(event.target) && !confirm(words.unsent)) event.preventDefault();
}
document.addEventListener("cancel", ask, true); // Escape
document.addEventListener("close", (event) => find("form", /** @type {any} */ (event.target))?.reset(), true);

// A page that comes anew after a press keeps what is typed in its other forms.
/** @type {any[]} */
const typed = [];
on("htmx:beforeSwap", ({ detail: { requestConfig, target } }) => {
  typed.push(...listTyped(target).filter(({ form }) => form !== requestConfig.elt));
});
on("htmx:afterSettle", () => {
  for (const { id, isConnected, value } of typed.splice(0)) {
    const again = id && !isConnected ? find(`[id="${id}"]`) : null;
    again?.closest("details")?.setAttribute("open", "");
    if (again) again.value = value;
  }
});
