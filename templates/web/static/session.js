/** Signing in again on a page that is open, and requests that know what the desk answers. @module */

import { find, list, tell, words } from "./dom.js";

/** @type {Promise<void> | null} */
let waiting = null;

/** Whether the desk has said that nobody is signed in, and nobody has signed in since. */
export const isSignedOut = () => waiting !== null;

/** The token against forged forms: it changes when somebody signs in. */
export const readToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";

/**
 * One request that the desk answers with JSON, whatever it answers. Status 0: no answer, the network is gone.
 * @param {string} url @param {Record<string, string> | FormData | null} sent null: a GET
 * @param {boolean} [keepalive] it outlasts the page
 */
export function ask(url, sent, keepalive = false) {
  const body = sent && !(sent instanceof FormData) ? new URLSearchParams(sent) : sent;
  const headers = { Accept: "application/json", "X-CSRFToken": readToken() };
  return read(url, { method: sent ? "POST" : "GET", body, headers, keepalive });
}

/** One request for a part of a page: its markup. @param {string} url @param {string} [editing] the key of a story */
export const askPart = (url, editing = "") => read(url, { headers: { "HX-Request": "true", "X-Editing": editing } });

/** @param {string} url @param {RequestInit} options @returns {Promise<{ status: number, body: any }>} */
async function read(url, options) {
  try {
    const response = await fetch(url, { redirect: "error", ...options });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    return { status: response.status, body: await (isJson ? response.json() : response.text()) };
  } catch {
    return { status: 0, body: "" };
  }
}

/** Opens the dialog, once, and resolves when somebody has signed in. */
export const signIn = () => (waiting ||= openDialog());

/** @returns {Promise<void>} */
function openDialog() {
  const dialog = find("#sign-in");
  const form = find("form", dialog);
  show("password");
  dialog.oncancel = (/** @type {Event} */ event) => event.preventDefault();
  dialog.showModal();
  return new Promise((resolve) => {
    form.onsubmit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const isCode = find("#sign-in [data-step=password]").hidden;
      const { status, body } = await ask(isCode ? form.dataset.code : form.action, new FormData(form));
      if (status === 200 && body.asks) return show("code");
      if (status === 401) show("password");
      if (status !== 200) return find("#sign-in [data-error]").append(body.error || words.unreachable);
      form.reset();
      dialog.close();
      renewTokens();
      waiting = null;
      tell("desk:signed-in");
      resolve();
    };
  });
}

/** Shows one step of the dialog. @param {string} step */
function show(step) {
  for (const each of list("#sign-in [data-step]")) each.hidden = each.dataset.step !== step;
  find("#sign-in [data-error]").replaceChildren();
  find(`#sign-in [data-step=${step}] input`).focus();
}

/** Gives every form of the page the token of the new session. */
function renewTokens() {
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": readToken() }));
  for (const each of list("input[name=csrfmiddlewaretoken]")) each.setAttribute("value", readToken());
}
