/** Signing in again on an open page, and requests. */

import { find, on } from "./dom.js";

const TOKEN = "csrfmiddlewaretoken";
const dialog = find("#sign-in");

/** Whether the session has ended. */
export const isSignedOut = () => dialog.open;

/** Another one after signing in, in whichever tab. */
const readToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";

/**
 * One request for JSON. Status 0: no answer, the network is gone. What is asked as a page is left outlasts it.
 * @param {string} url @param {any} sent names and values; null: a GET
 */
export function ask(url, sent) {
  const headers = { Accept: "application/json", "X-CSRFToken": readToken() };
  const [method, body] = sent ? ["POST", new URLSearchParams(sent)] : ["GET"];
  return read(url, { method, body, headers, keepalive: document.hidden });
}

/** One request for markup. @param {string} url @param {string} [editing] the key of a story */
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
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => document.addEventListener("desk:signed-in", resolve, { once: true }));
}

on("cancel", (event) => event.preventDefault(), dialog);
on("desk:signed-in", () => dialog.close());
on("formdata", ({ formData }) => formData.has(TOKEN) && formData.set(TOKEN, readToken()));
