/**
 * Fields that save themselves. Each has its own queue: one request in flight, what is typed meanwhile goes in the
 * next one, what fails is tried again. Until the desk has acknowledged a text it is kept in this browser. What the field
 * held before goes along, so that nobody overwrites what they did not see.
 *
 *   <form data-fields="story:KEY" action="…">  <div data-field="headline"> input[name=seen_headline], control,
 *                                                [data-state], [data-hint]
 * @module
 */

import { ask, setUnsaved, signIn } from "./session.js";

const PAUSE = 600; // milliseconds without a key, then it is saved
const LONGEST_WAIT = 30_000;

/**
 * @typedef {"waiting" | "saving" | "retrying" | "refused" | "conflict"} State
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} action where it is saved
 * @property {string} part “story:KEY”, “box:ID” or ""
 * @property {string} name
 * @property {string} label
 * @property {Record<string, string>} extra sent along
 * @property {string} seen
 * @property {string} value
 * @property {State} state
 * @property {boolean} inFlight
 * @property {number} tries
 * @property {number} timer
 * @property {string} said what the desk refused
 * @property {string} html both texts of a conflict
 * @property {string} present the colleague's text of a conflict
 */

/** @type {Map<string, Entry>} */
const queue = new Map();
/** @type {Map<string, string>} when a field was saved, in words */
const saved = new Map();
/** @type {Map<string, number>} when a field was saved, on the page's clock: what was read before is out of date */
const settledAt = new Map();
let prefix = "";
let conflictsUrl = "";
let onSaved = () => {};

/**
 * Begins: sends what an earlier page could not, and listens.
 * @param {{ board: string, user: string, conflicts: string, saved: () => void }} options
 */
export function startFields(options) {
  prefix = `desk:${options.user}:${options.board}:`;
  conflictsUrl = options.conflicts;
  onSaved = options.saved;
  for (const stored of Object.keys(localStorage).filter((each) => each.startsWith(prefix))) {
    try {
      const kept = JSON.parse(localStorage.getItem(stored) || "");
      const key = stored.slice(prefix.length);
      queue.set(key, { ...kept, key, state: "waiting", inFlight: false, tries: 0, timer: 0, said: "", html: "" });
    } catch {
      localStorage.removeItem(stored);
    }
  }
  adoptFields(document.body);
  for (const entry of queue.values()) send(entry);
  document.addEventListener("input", (event) => {
    if (!(/** @type {InputEvent} */ (event).isComposing)) note(event.target, PAUSE);
  });
  document.addEventListener("compositionend", (event) => note(event.target, PAUSE));
  document.addEventListener("change", (event) => note(event.target, 0));
  document.addEventListener("submit", onSubmit);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  window.addEventListener("online", retryAll);
  document.addEventListener("desk:signed-in", retryAll);
  window.addEventListener("pagehide", sendBeforeLeaving);
  document.addEventListener("visibilitychange", () => document.hidden && sendBeforeLeaving());
  setUnsaved(() => ({
    count: queue.size,
    text: [...queue.values()].map((each) => `${each.label}\n${each.value}`).join("\n\n"),
  }));
}

/** Gives fields that have come onto the page their unsaved texts and their states. @param {Element} root */
export function adoptFields(root) {
  for (const field of listFields(root)) {
    const control = getControl(field);
    const entry = queue.get(keyOf(field));
    if (entry && control) writeControl(control, entry.value);
    show(field);
    showHint(field);
  }
  showSum();
}

/**
 * A field came from the desk, perhaps changed by somebody else. Left alone while somebody writes in it: the next save
 * detects the conflict. `askedAt` is when the page asked for it.
 * @param {HTMLElement} field @param {HTMLElement} fresh @param {number} askedAt
 */
export function receiveField(field, fresh, askedAt) {
  const control = getControl(field);
  const newControl = getControl(fresh);
  const [seen, newSeen] = [getSeen(field), getSeen(fresh)];
  if (!control || !newControl || !seen || !newSeen || seen.value === newSeen.value) return true;
  const isOutdated = askedAt < (settledAt.get(keyOf(field)) || 0);
  if (isOutdated || queue.has(keyOf(field)) || document.activeElement === control) return false;
  seen.value = newSeen.value;
  writeControl(control, newSeen.value);
  showHint(field);
  return true;
}

/** Saves at once what is typed in a part. @param {string} [part] all when not given */
export function flushFields(part) {
  for (const entry of queue.values()) {
    if ((part === undefined || entry.part === part) && entry.state === "waiting") send(entry);
  }
}

/** Resolves when nothing of a part is on its way. @param {string} part */
export async function settleFields(part) {
  flushFields(part);
  const isBusy = () => [...queue.values()].some((each) => each.part === part && each.inFlight);
  for (let waited = 0; isBusy() && waited < 5_000; waited += 50) await new Promise((done) => setTimeout(done, 50));
}

/** Tries again what was refused or did not arrive. */
export function retryAll() {
  for (const entry of queue.values()) if (entry.state !== "conflict") send(entry);
}

/** @param {EventTarget | null} target @param {number} pause */
function note(target, pause) {
  const control = /** @type {HTMLInputElement} */ (target);
  const field = /** @type {HTMLElement | null} */ (control.closest?.("form[data-fields] [data-field]"));
  if (!field || control !== getControl(field)) return;
  const key = keyOf(field);
  const form = /** @type {HTMLFormElement} */ (field.closest("form"));
  let entry = queue.get(key);
  const value = readControl(control);
  if (!entry && value === getSeen(field)?.value) return;
  if (!entry) {
    const extra = Object.fromEntries([...form.querySelectorAll("[data-always]")].map((each) => {
      const input = /** @type {HTMLInputElement} */ (each);
      return [input.name, input.value];
    }));
    entry = {
      key,
      action: form.action,
      part: form.dataset.fields || "",
      name: field.dataset.field || "",
      label: field.querySelector("label")?.textContent?.trim() || "",
      extra,
      seen: getSeen(field)?.value || "",
      value,
      state: "waiting",
      inFlight: false,
      tries: 0,
      timer: 0,
      said: "",
      html: "",
      present: "",
    };
    queue.set(key, entry);
  } else if (entry.value === value && entry.state !== "waiting") {
    return;
  }
  entry.value = value;
  keep(entry);
  showHint(field);
  if (entry.state === "conflict") return;
  if (!entry.inFlight) entry.state = "waiting";
  clearTimeout(entry.timer);
  const waiting = entry;
  entry.timer = setTimeout(() => send(waiting), pause);
  showEntry(entry);
}

/** @param {Entry} entry */
async function send(entry) {
  clearTimeout(entry.timer);
  if (entry.inFlight || queue.get(entry.key) !== entry) return;
  entry.inFlight = true;
  entry.state = "saving";
  showEntry(entry);
  const value = entry.value;
  const { status, body } = await ask(entry.action, buildForm(entry));
  entry.inFlight = false;
  if (status === 200) {
    entry.seen = body.value;
    entry.tries = 0;
    saved.set(entry.key, `Saved ${tellTime(body.at)}`);
    if (entry.value === value) settle(entry, body.value);
    else {
      keep(entry);
      send(entry);
    }
    onSaved();
  } else if (status === 401) {
    entry.state = "retrying";
    showEntry(entry);
    await signIn();
    send(entry);
  } else if (status === 409 && body.html) {
    entry.state = "conflict";
    entry.html = body.html;
    entry.present = body.present;
    showEntry(entry);
    onSaved();
  } else if (status === 0 || status === 429 || status >= 500) {
    entry.state = "retrying";
    entry.tries += 1;
    entry.timer = setTimeout(() => send(entry), Math.min(LONGEST_WAIT, 1000 * 2 ** (entry.tries - 1)));
    showEntry(entry);
  } else {
    entry.state = "refused";
    entry.said = body.error || `The desk could not save this (${status}).`;
    showEntry(entry);
    if (entry.value !== value) send(entry);
    else onSaved();
  }
}

/** “05:42 GMT”, in the zone of the page's clock. @param {string} at */
function tellTime(at) {
  const clock = /** @type {HTMLElement | null} */ (document.querySelector("[data-zone]"));
  const zone = clock?.dataset.zone;
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone, timeZoneName: "short" });
}

/** @param {Entry} entry */
function buildForm(entry) {
  return { ...entry.extra, [entry.name]: entry.value, [`seen_${entry.name}`]: entry.seen };
}

/** The desk has it. @param {Entry} entry @param {string} value as it is stored */
function settle(entry, value) {
  queue.delete(entry.key);
  settledAt.set(entry.key, performance.now());
  localStorage.removeItem(prefix + entry.key);
  for (const field of findFields(entry.key)) {
    const [control, seen] = [getControl(field), getSeen(field)];
    if (seen) seen.value = value;
    if (!control) continue;
    if (document.activeElement !== control) writeControl(control, value);
    else if ("defaultValue" in control) control.defaultValue = control.value;
    show(field);
  }
  showSum();
}

/** What leaves with the page is sent once more without waiting; this browser keeps it until it is acknowledged. */
function sendBeforeLeaving() {
  for (const entry of queue.values()) {
    if (entry.state === "waiting" && !entry.inFlight) ask(entry.action, buildForm(entry), { keepalive: true });
  }
}

/** @param {Entry} entry */
function keep(entry) {
  const { action, part, name, label, extra, seen, value } = entry;
  try {
    localStorage.setItem(prefix + entry.key, JSON.stringify({ action, part, name, label, extra, seen, value }));
  } catch {
    // Full or forbidden: the text is on the page, and its state says that it is not saved.
  }
}

/** Chooses between two texts. @param {Entry} entry @param {string} choice @param {HTMLElement} field */
async function choose(entry, choice, field) {
  if (choice === "theirs") {
    const { status, body } = await ask(conflictsUrl, { part: entry.part, field: entry.name });
    if (status === 200) {
      settle(entry, entry.present);
      for (const each of findFields(entry.key)) {
        const control = getControl(each);
        if (control) writeControl(control, entry.present);
        showHint(each);
      }
      onSaved();
    } else {
      entry.said = body.error || "The desk cannot be reached. Press it again.";
      showEntry(entry);
    }
    return;
  }
  if (choice === "merge") {
    entry.value = /** @type {HTMLTextAreaElement} */ (field.querySelector("[data-merge]")).value;
    const control = getControl(field);
    if (control) writeControl(control, entry.value);
  }
  entry.seen = entry.present;
  keep(entry);
  entry.state = "waiting";
  send(entry);
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("form[data-fields]")) return;
  event.preventDefault();
  flushFields(form.dataset.fields || "");
}

/** @param {MouseEvent} event */
function onClick(event) {
  const button = /** @type {HTMLElement} */ (event.target).closest?.("[data-choose], [data-retry]");
  const field = /** @type {HTMLElement | null} */ (button?.closest("[data-field]"));
  const entry = field && queue.get(keyOf(field));
  if (!button || !field || !entry) return;
  if (button.hasAttribute("data-retry")) send(entry);
  else choose(entry, button.getAttribute("data-choose") || "", field);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const field = /** @type {HTMLElement | null} */ (
    /** @type {HTMLElement} */ (event.target).closest?.("[data-field]")
  );
  const entry = field && queue.get(keyOf(field));
  if (!field || entry?.state !== "conflict") return;
  const choice = event.altKey && event.key === "1" ? "mine"
    : event.altKey && event.key === "2" ? "theirs"
    : event.ctrlKey && event.key === "Enter" ? "merge" : "";
  if (!choice) return;
  event.preventDefault();
  choose(entry, choice, field);
}

/** @param {Element} root @returns {HTMLElement[]} */
function listFields(root) {
  return [...root.querySelectorAll("form[data-fields] [data-field]")].map((each) => /** @type {HTMLElement} */ (each));
}

/** @param {string} key */
function findFields(key) {
  return listFields(document.body).filter((each) => keyOf(each) === key);
}

/** @param {HTMLElement} field */
function keyOf(field) {
  const form = /** @type {HTMLElement} */ (field.closest("form[data-fields]"));
  return `${form?.dataset.fields}/${field.dataset.field}`;
}

/** @param {HTMLElement} field */
function getControl(field) {
  return /** @type {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | null} */ (
    field.querySelector(`[name="${field.dataset.field}"]`)
  );
}

/** @param {HTMLElement} field */
function getSeen(field) {
  return /** @type {HTMLInputElement | null} */ (field.querySelector(`[name="seen_${field.dataset.field}"]`));
}

/** @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} control */
function readControl(control) {
  if (control instanceof HTMLInputElement && control.type === "checkbox") return control.checked ? "1" : "";
  return control.value;
}

/** @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} control @param {string} value */
function writeControl(control, value) {
  if (control instanceof HTMLInputElement && control.type === "checkbox") {
    control.checked = Boolean(value);
    return;
  }
  if (control.value !== value) control.value = value;
  if ("defaultValue" in control) control.defaultValue = value;
}

/** @param {Entry} entry */
function showEntry(entry) {
  for (const field of findFields(entry.key)) show(field);
  showSum();
}

/** Shows the state of a field beside its label, and both texts of a conflict below it. @param {HTMLElement} field */
function show(field) {
  const entry = queue.get(keyOf(field));
  const state = /** @type {HTMLElement | null} */ (field.querySelector("[data-state]"));
  const control = getControl(field);
  field.toggleAttribute("data-unsaved-field", Boolean(entry));
  if (!state) return;
  const words = {
    waiting: "Saving…",
    saving: "Saving…",
    retrying: "Not saved, retrying",
    refused: "Not saved",
    conflict: "Not saved: two texts",
  };
  state.textContent = entry ? words[entry.state] : saved.get(keyOf(field)) || "";
  state.dataset.state = entry ? entry.state : "saved";
  if (entry?.state === "retrying") {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "link", textContent: "Retry now" });
    button.setAttribute("data-retry", "");
    state.append(" ", button);
  }
  showBelow(field, "said", entry?.said && entry.state !== "saving" ? entry.said : "");
  const clash = field.querySelector("[data-clash]");
  if (entry?.state === "conflict" && !clash) {
    const template = document.createElement("template");
    template.innerHTML = entry.html;
    field.append(template.content);
  } else if (entry?.state !== "conflict" && clash) {
    clash.remove();
  }
  if (control && "readOnly" in control) control.readOnly = entry?.state === "conflict";
}

/** @param {HTMLElement} field @param {string} name @param {string} text */
function showBelow(field, name, text) {
  let place = field.querySelector(`[data-${name}]`);
  if (!text) {
    place?.remove();
    return;
  }
  if (!place) {
    place = document.createElement("p");
    place.className = "error refusal";
    place.setAttribute("role", "alert");
    place.setAttribute(`data-${name}`, "");
    field.append(place);
  }
  place.textContent = text;
}

/** How long the text is, where the hint asks for it. @param {HTMLElement} field */
function showHint(field) {
  const hint = /** @type {HTMLElement | null} */ (field.querySelector("[data-hint]:not(input, textarea)"));
  const control = getControl(field);
  if (!hint || !control) return;
  hint.dataset.text ??= hint.textContent?.trim() || "";
  const text = hint.dataset.text;
  if (!/^(characters|words)/.test(text)) return;
  const words = control.value.trim().split(/\s+/).filter(Boolean).length;
  hint.textContent = `${text.startsWith("words") ? words : [...control.value].length} ${text}`;
}

/** How many fields are not saved, in the bar of the edition. */
function showSum() {
  const sum = document.getElementById("unsaved");
  const count = [...queue.values()].filter((each) => each.state !== "waiting" && each.state !== "saving").length;
  if (sum) sum.textContent = count ? `${count} ${count === 1 ? "field" : "fields"} not saved` : "";
}
