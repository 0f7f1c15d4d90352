/**
 * Shows what the desk refused beside the control that was pressed, and keeps what is typed there.
 * @module
 */

import { isSignedOut, signIn } from "./session.js";

const UNREACHABLE = "Not done: the desk cannot be reached. Press it again when the network is back.";
const SIGNED_OUT = "You were signed out, so this was not done. Press it again.";
const BY_HAND = /^(submit|click|change|input|keyup|keydown)$/;

/**
 * Shows a sentence beside an element, or in the corner of the page when nobody pressed anything.
 * @param {Element} element @param {string | HTMLTemplateElement} sentence @param {boolean} [byHand]
 */
export function showRefusal(element, sentence, byHand = true) {
  const corner = document.getElementById("error");
  if (!byHand || !element.isConnected) {
    if (corner) corner.textContent = typeof sentence === "string" ? sentence : sentence.content.textContent;
    return;
  }
  const place = element.closest("[data-refusals]") || element.closest("form") || element.parentElement || element;
  let slot = place.querySelector(":scope > .refusal");
  if (!slot) {
    slot = document.createElement("div");
    slot.className = "error refusal";
    slot.setAttribute("role", "alert");
    place.append(slot);
  }
  slot.innerHTML = "";
  slot.append(typeof sentence === "string" ? sentence : sentence.content);
}

/** Takes away what was refused beside an element. @param {Element} element */
export function clearRefusal(element) {
  const place = element.closest("[data-refusals]") || element.closest("form") || element.parentElement;
  place?.querySelector(":scope > .refusal")?.remove();
}

/** @param {any} config of htmx's request */
function isByHand(config) {
  return BY_HAND.test(config?.triggeringEvent?.type || "");
}

document.addEventListener("htmx:confirm", (event) => {
  if (isSignedOut()) event.preventDefault(); // polls, too: they go on once somebody has signed in
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { requestConfig } = /** @type {CustomEvent} */ (event).detail;
  if (isByHand(requestConfig)) clearRefusal(requestConfig.elt);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  const { xhr, requestConfig } = detail;
  const elt = requestConfig.elt; // the event's own is the target
  if (xhr.status < 400) return;
  const isFragment = !xhr.getResponseHeader("X-Refusal");
  if (isFragment && (xhr.status === 409 || xhr.status === 422)) return; // the form itself, with what was typed
  detail.shouldSwap = false;
  detail.isError = false;
  if (xhr.status === 401) {
    signIn().then(() => isByHand(requestConfig) && showRefusal(elt, SIGNED_OUT));
    return;
  }
  const said = document.createElement("template"); // the desk's own words, escaped by its templates
  said.innerHTML = isFragment ? "" : xhr.responseText;
  const sentence = said.content.textContent?.trim()
    ? said
    : `The desk could not do this (${xhr.status}). Nothing was changed; try again.`;
  showRefusal(elt, sentence, isByHand(requestConfig));
});

document.addEventListener("htmx:sendError", (event) => {
  const { requestConfig } = /** @type {CustomEvent} */ (event).detail;
  showRefusal(requestConfig.elt, UNREACHABLE, isByHand(requestConfig));
});
