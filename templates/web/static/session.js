/**
 * Signing in again on a page that is open, and requests that know what the desk answers.
 * @module
 */

/** @type {Promise<void> | null} */
let waiting = null;
/** @type {() => { count: number, text: string }} */
let describeUnsaved = () => ({ count: 0, text: "" });

/** What is said of unsaved text in the dialog. @param {() => { count: number, text: string }} describe */
export function setUnsaved(describe) {
  describeUnsaved = describe;
}

/** Whether the desk has said that nobody is signed in, and nobody has signed in since. */
export function isSignedOut() {
  return waiting !== null;
}

/** The token against forged forms: it changes when somebody signs in. */
export function readToken() {
  const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return found ? found[1] : "";
}

/**
 * One request that the desk answers with JSON, whatever it answers.
 * @param {string} url
 * @param {Record<string, string> | FormData | null} sent null: a GET
 * @param {{ keepalive?: boolean }} [options]
 * @returns {Promise<{ status: number, body: any }>} status 0: no answer, the network is gone
 */
export async function ask(url, sent, options = {}) {
  const body = sent === null || sent instanceof FormData ? sent : new URLSearchParams(sent);
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body) headers["X-CSRFToken"] = readToken();
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      body,
      headers,
      credentials: "same-origin",
      redirect: "error",
      keepalive: options.keepalive,
    });
    const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
    return { status: response.status, body: isJson ? await response.json() : {} };
  } catch {
    return { status: 0, body: {} };
  }
}

/** Opens the dialog, once, and resolves when somebody has signed in. @returns {Promise<void>} */
export function signIn() {
  if (!waiting) {
    waiting = openDialog().then(() => {
      waiting = null;
      document.dispatchEvent(new Event("desk:signed-in"));
    });
  }
  return waiting;
}

/** @returns {Promise<void>} */
function openDialog() {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("sign-in"));
  const form = dialog?.querySelector("form");
  if (!dialog || !form) {
    location.reload();
    return new Promise(() => {});
  }
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const unsaved = describeUnsaved();
  /** @param {string} name */
  const find = (name) => /** @type {HTMLElement} */ (form.querySelector(name));
  find("[data-unsaved]").textContent = unsaved.count
    ? `${unsaved.count} unsaved ${unsaved.count === 1 ? "change is" : "changes are"} kept in this browser and saved ` +
      "as soon as you sign in."
    : "";
  const copy = find("[data-copy]");
  copy.hidden = !unsaved.text || !navigator.clipboard;
  copy.onclick = () => navigator.clipboard.writeText(unsaved.text);
  show(form, "password");
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const asksCode = !find('[data-step="code"]').hidden;
      const url = asksCode ? form.dataset.codeAction || "" : form.action;
      const { status, body } = await ask(url, new FormData(form));
      if (status === 200 && body.asks === "code") {
        show(form, "code");
      } else if (status === 200) {
        form.reset();
        dialog.close();
        renewTokens();
        before?.focus({ preventScroll: true });
        resolve();
      } else {
        if (status === 401) show(form, "password");
        find("[data-error]").textContent = body.error || "The desk cannot be reached. Try again in a moment.";
      }
    };
  });
}

/** Shows one step of the dialog. @param {HTMLFormElement} form @param {string} step */
function show(form, step) {
  for (const each of form.querySelectorAll("[data-step]")) {
    /** @type {HTMLElement} */ (each).hidden = each.getAttribute("data-step") !== step;
  }
  form.querySelector("[data-error]")?.replaceChildren();
  /** @type {HTMLElement | null} */ (form.querySelector(`[data-step="${step}"] input`))?.focus();
}

/** Gives every form of the page the token of the new session. */
function renewTokens() {
  const token = readToken();
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  for (const each of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) {
    /** @type {HTMLInputElement} */ (each).value = token;
  }
}
