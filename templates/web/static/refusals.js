/** Shows what the desk refused beside the control that was pressed, and keeps what is typed there. */

import { find, on, words } from "./dom.js";
import { isSignedOut, signIn } from "./session.js";

const BY_HAND = /^(submit|click|change|input|key|pointer)/;

/**
 * Shows a sentence beside an element, or in the corner of the page when nobody pressed anything; "" takes away what was
 * refused there before.
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

/** @param {any} config of htmx's request */
const isByHand = ({ triggeringEvent }) => BY_HAND.test(triggeringEvent?.type);

on("htmx:confirm", (event) => {
  if (isSignedOut()) event.preventDefault(); // polls, too: they go on once somebody has signed in
});

on("htmx:beforeRequest", ({ detail: { requestConfig } }) => {
  if (isByHand(requestConfig)) showRefusal(requestConfig.elt, "");
});

on("htmx:beforeSwap", async ({ detail }) => {
  const { requestConfig, xhr } = detail;
  const { elt } = requestConfig; // the event's own is the target
  const isRefusal = xhr.getResponseHeader("X-Refusal");
  if (xhr.status < 400) return;
  if (!isRefusal && (xhr.status === 409 || xhr.status === 422)) return; // the form itself, with what was typed
  detail.shouldSwap = detail.isError = false;
  const said = document.createElement("template"); // the desk's own words, escaped by its templates
  said.innerHTML = isRefusal ? xhr.responseText : "";
  let sentence = said.content.textContent?.trim() ? said.content : `${words.fault} (${xhr.status})`;
  if (xhr.status === 401) {
    await signIn();
    sentence = isByHand(requestConfig) && words.signedOut;
  }
  showRefusal(elt, sentence, isByHand(requestConfig));
});

on("htmx:sendError", ({ detail: { requestConfig } }) => {
  showRefusal(requestConfig.elt, words.unreachable, isByHand(requestConfig));
});
