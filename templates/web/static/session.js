/**
 * Signing in again on a page that is open, and requests that know what the desk answers.
 * @module
 */

import { find, list, words } from "./dom.js";

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
 * @returns {Promise<{ status: number, body: any }>}
 */
export async function ask(url, sent, keepalive = false) {
  try {
    const response = await fetch(url, {
      method: sent ? "POST" : "GET",
      body: sent && !(sent instanceof FormData) ? new URLSearchParams(sent) : sent,
      headers: { Accept: "application/json", "X-CSRFToken": readToken() },
      redirect: "error",
      keepalive,
    });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    return { status: response.status, body: isJson ? await response.json() : {} };
  } catch {
    return { status: 0, body: {} };
  }
}

/** Opens the dialog, once, and resolves when somebody has signed in. */
export function signIn() {
  waiting ||= openDialog().then(() => {
    waiting = null;
    document.dispatchEvent(new Event("desk:signed-in"));
  });
  return waiting;
}

/** @returns {Promise<void>} */
function openDialog() {
  const dialog = /** @type {HTMLDialogElement} */ (find("#sign-in"));
  const form = /** @type {HTMLFormElement} */ (find("form", dialog));
  show(form, "password");
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const asksCode = !find("[data-step=code]", form)?.hidden;
      const { status, body } = await ask(asksCode ? form.dataset.code || "" : form.action, new FormData(form));
      if (status === 200 && body.asks) {
        show(form, "code");
      } else if (status === 200) {
        form.reset();
        dialog.close();
        renewTokens();
        resolve();
      } else {
        if (status === 401) show(form, "password");
        find("[data-error]", form)?.append(body.error || words.unreachable);
      }
    };
  });
}

/** Shows one step of the dialog. @param {HTMLFormElement} form @param {string} step */
function show(form, step) {
  for (const each of list("[data-step]", form)) each.hidden = each.dataset.step !== step;
  find("[data-error]", form)?.replaceChildren();
  find(`[data-step=${step}] input`, form)?.focus();
}

/** Gives every form of the page the token of the new session. */
function renewTokens() {
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": readToken() }));
  for (const each of list("input[name=csrfmiddlewaretoken]")) each.setAttribute("value", readToken());
}
