/** Shows what the desk refused beside the control that was pressed, and keeps what is typed there. @module */

import { find, on, words } from "./dom.js";
import { isSignedOut, signIn } from "./session.js";

const BY_HAND = /^(submit|click|change|input|key|pointer)/;

/** @param {Element} element */
const getPlace = (element) => element.closest("[data-refusals]") || element.closest("form") || element.parentElement;

/**
 * Shows a sentence beside an element, or in the corner of the page when nobody pressed anything.
 * @param {Element} element @param {string | Node} sentence @param {boolean} [byHand]
 */
export function showRefusal(element, sentence, byHand = true) {
  const place = byHand && element.isConnected && getPlace(element);
  if (!place) return find("#error")?.replaceChildren(sentence);
  clearRefusal(element);
  const slot = document.createElement("div");
  slot.className = "error refusal";
  slot.setAttribute("role", "alert");
  slot.append(sentence);
  place.append(slot);
}

/** Takes away what was refused beside an element. @param {Element} element */
export function clearRefusal(element) {
  find(":scope > .refusal", getPlace(element) || element)?.remove();
}

/** @param {any} config of htmx's request */
const isByHand = (config) => BY_HAND.test(config.triggeringEvent?.type);

on("htmx:confirm", (event) => {
  if (isSignedOut()) event.preventDefault(); // polls, too: they go on once somebody has signed in
});

on("htmx:beforeRequest", ({ detail: { requestConfig } }) => {
  if (isByHand(requestConfig)) clearRefusal(requestConfig.elt);
});

on("htmx:beforeSwap", ({ detail }) => {
  const { xhr, requestConfig } = detail;
  const elt = requestConfig.elt; // the event's own is the target
  if (xhr.status < 400) return;
  const isFragment = !xhr.getResponseHeader("X-Refusal");
  if (isFragment && (xhr.status === 409 || xhr.status === 422)) return; // the form itself, with what was typed
  detail.shouldSwap = detail.isError = false;
  if (xhr.status === 401) {
    signIn().then(() => isByHand(requestConfig) && showRefusal(elt, words.signedOut || ""));
    return;
  }
  const said = document.createElement("template"); // the desk's own words, escaped by its templates
  said.innerHTML = isFragment ? "" : xhr.responseText;
  const isSaid = said.content.textContent?.trim();
  showRefusal(elt, isSaid ? said.content : `${words.fault} (${xhr.status})`, isByHand(requestConfig));
});

on("htmx:sendError", ({ detail: { requestConfig } }) => {
  showRefusal(requestConfig.elt, words.unreachable || "", isByHand(requestConfig));
});
