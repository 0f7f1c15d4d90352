/** Signing in again on a page that is open, and requests that know what the desk answers. */

import { find, list, on, tell, words } from "./dom.js";

const dialog = find("#sign-in");
const form = find("form", dialog);

/** Whether the desk has said that nobody is signed in, and nobody has signed in since. */
export const isSignedOut = () => dialog.open;

/** The token against forged forms: it changes when somebody signs in. */
const readToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";

/**
 * One request that the desk answers with JSON, whatever it answers. Status 0: no answer, the network is gone.
 * What is asked when somebody leaves the page outlasts it.
 * @param {string} url @param {any} sent names and values; null: a GET
 */
export function ask(url, sent) {
  const headers = { Accept: "application/json", "X-CSRFToken": readToken() };
  const [method, body] = sent ? ["POST", new URLSearchParams(sent)] : ["GET"];
  return read(url, { method, body, headers, keepalive: document.hidden });
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
export function signIn() {
  if (!dialog.open) {
    dialog.showModal();
    show("password");
  }
  return new Promise((resolve) => document.addEventListener("desk:signed-in", resolve, { once: true }));
}

on("cancel", (event) => event.preventDefault(), dialog);
on("submit", submit, form);

/** @param {Event} event */
async function submit(event) {
  event.preventDefault();
  const isCode = find("[data-step=password]", form).hidden;
  const { status, body } = await ask(isCode ? form.dataset.code : form.action, new FormData(form));
  if (status === 200 && body.asks) return show("code");
  if (status === 401) show("password");
  if (status !== 200) return find("[data-error]", form).replaceChildren(body.error || words.unreachable);
  form.reset();
  dialog.close();
  renewTokens();
  tell("desk:signed-in");
}

/** Shows one step of the dialog. @param {string} step */
function show(step) {
  for (const each of list("[data-step]", form)) each.hidden = each.dataset.step !== step;
  find("[data-error]", form).replaceChildren();
  find(`[data-step=${step}] input`, form).focus();
}

/** Gives every form of the page the token of the new session. */
function renewTokens() {
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": readToken() }));
  for (const each of list("input[name=csrfmiddlewaretoken]")) each.setAttribute("value", readToken());
}
