/**
 * Fields that save themselves. Each has its own queue: one request in flight, what is typed meanwhile goes in the
 * next one, what fails is tried again. Until the desk has acknowledged a text it is kept in this browser. What the field
 * held before goes along, so that nobody overwrites what they did not see.
 *   form[data-fields="story:KEY"] [data-field=headline]: input[name=seen_headline], control, [data-state], [data-count]
 * @module
 */

import { find, list, nearest, on, tell, words } from "./dom.js";
import { clearRefusal, showRefusal } from "./refusals.js";
import { ask, signIn } from "./session.js";

const PAUSE = 600; // milliseconds without a key, then it is saved
const LONGEST_WAIT = 30_000;
const FIELD = "form[data-fields] [data-field]";

/** A text that the desk has not acknowledged; `part` is “story:KEY”, “box:ID” or "". */
const ENTRY = {
  ...{ key: "", action: "", part: "", name: "", label: "", seen: "", value: "", tries: 0, timer: 0 },
  state: /** @type {"waiting" | "saving" | "retrying" | "refused" | "conflict"} */ ("waiting"),
  ...{ error: "", html: "", present: "" }, // why it was refused; both texts of a conflict, and the colleague's
};
/** @typedef {typeof ENTRY} Entry */

/** @type {Map<string, Entry>} */
const queue = new Map();
/** @type {Map<string, { text: string, at: number }>} when a field was saved: in words, and on the page's clock */
const saved = new Map();

/** The board: its data attributes say where everything is, and hold the words for the states of fields. */
export const board = find("[data-board]");
const prefix = `desk:${board.dataset.user}:${board.dataset.board}:`;

on("input change compositionend", (event) => !event.isComposing && note(event));
on("submit", (event) => {
  if (!event.target.matches("form[data-fields]")) return;
  event.preventDefault();
  flushFields();
});
on("click", (event) => {
  const button = nearest(event, "[data-choose]");
  if (button) choose(button.dataset.choose || "", nearest(event, FIELD));
  if (!nearest(event, "[data-copy]")) return;
  const texts = [...queue.values()].map(({ label, value }) => `${label}\n${value}`);
  navigator.clipboard.writeText(texts.join("\n\n"));
});
on("desk:signed-in", retryAll);
on("visibilitychange", () => document.hidden && flushFields(true));
window.addEventListener("online", retryAll);
window.addEventListener("pagehide", () => flushFields(true));

/** Gives fields that have come onto the page their unsaved texts and their states. @param {Element} root */
export function adoptFields(root) {
  for (const field of list(FIELD, root)) {
    const entry = queue.get(keyOf(field));
    if (entry) write(field, entry.value);
    show(field);
  }
}

/**
 * A field came from the desk, perhaps changed by somebody else. Left alone while somebody writes in it: the next save
 * detects the conflict. `askedAt` is when the page asked for it. False: it was left as it was.
 * @param {HTMLElement} field @param {HTMLElement} fresh @param {number} askedAt
 */
export function receiveField(field, fresh, askedAt) {
  const { value } = getSeen(fresh);
  const key = keyOf(field);
  if (getSeen(field).value === value) return true;
  const { at = 0 } = saved.get(key) || {}; // what was asked for before it was saved is outdated
  if (askedAt < at || queue.has(key) || document.activeElement === getControl(field)) return false;
  write(field, value, value);
  show(field);
  return true;
}

/** Saves at once what is typed, and resolves when nothing is on its way, or after five seconds. */
export async function settleFields() {
  flushFields();
  const isBusy = () => [...queue.values()].some((each) => each.state === "saving");
  for (let left = 100; left && isBusy(); left -= 1) await new Promise((done) => setTimeout(done, 50));
}

/** Saves at once what is typed; a request may outlast the page. @param {boolean} [isLeaving] */
function flushFields(isLeaving) {
  for (const entry of queue.values()) if (entry.state === "waiting") send(entry, isLeaving);
}

/** Tries again what was refused or did not arrive. */
export function retryAll() {
  for (const entry of queue.values()) if (entry.state !== "conflict") send(entry);
}

/** Somebody has typed or chosen something. @param {Event} event */
function note(event) {
  const field = nearest(event, FIELD);
  if (!field || event.target !== getControl(field)) return;
  const entry = queue.get(keyOf(field)) || createEntry(field);
  const value = read(field);
  if (entry.value === value && (entry.state !== "waiting" || !queue.has(entry.key))) return;
  queue.set(entry.key, entry);
  entry.value = value;
  keep(entry);
  if (entry.state !== "saving" && entry.state !== "conflict") {
    entry.state = "waiting";
    sendLater(entry, event.type === "change" ? 0 : PAUSE);
  }
  show(field);
}

/** @param {any} field @returns {Entry} */
function createEntry(field) {
  const { action, dataset } = field.closest("form");
  const seen = getSeen(field).value;
  const [key, part, name] = [keyOf(field), dataset.fields, field.dataset.field];
  return { ...ENTRY, key, action, part, name, seen, value: seen, label: find("label", field)?.textContent.trim() };
}

/** @param {Entry} entry @param {number} pause */
function sendLater(entry, pause) {
  clearTimeout(entry.timer);
  entry.timer = setTimeout(() => send(entry), pause);
}

/** @param {Entry} entry @param {boolean} [isLeaving] */
async function send(entry, isLeaving) {
  clearTimeout(entry.timer);
  if (entry.state === "saving" || queue.get(entry.key) !== entry) return;
  setState(entry, "saving");
  const { name, value, seen } = entry;
  const { status, body } = await ask(entry.action, { [name]: value, [`seen_${name}`]: seen }, isLeaving);
  if (status === 200) {
    Object.assign(entry, { seen: body.value, tries: 0 });
    const text = `${board.dataset.saved} ${find(".bar__now")?.innerText}`; // “05:42 GMT”, of the newsroom
    saved.set(entry.key, { text, at: performance.now() });
    if (entry.value === value) settle(entry, body.value);
    else keep(entry);
  } else if (status === 0 || status === 401 || status === 429 || status >= 500) {
    setState(entry, "retrying");
    if (status === 401) return signIn(); // then everything is sent again
    return sendLater(entry, Math.min(LONGEST_WAIT, 1000 * 2 ** entry.tries++));
  } else {
    const { error = `${board.dataset.refused} (${status})`, html, present } = body;
    Object.assign(entry, { error, html, present });
    setState(entry, html ? "conflict" : "refused");
    if (html) return;
  }
  if (entry.value !== value) {
    entry.state = "waiting";
    send(entry);
  }
  tell("desk:saved");
}

/** @param {Entry} entry @param {Entry["state"]} state */
function setState(entry, state) {
  entry.state = state;
  const field = findField(entry);
  if (field) show(field);
}

/** The desk has it. @param {Entry} entry @param {string} value as it is stored */
function settle(entry, value) {
  queue.delete(entry.key);
  localStorage.removeItem(prefix + entry.key);
  const field = findField(entry);
  if (!field) return showSum();
  write(field, document.activeElement === getControl(field) ? read(field) : value, value);
  show(field);
}

/** @param {Entry} entry */
function keep(entry) {
  try {
    localStorage.setItem(prefix + entry.key, JSON.stringify(entry));
  } catch {
    // Full or forbidden: the text is on the page, and its state says that it is not saved.
  }
}

/** Chooses between two texts, or tries again. @param {string} choice @param {HTMLElement | null} field */
async function choose(choice, field) {
  const entry = field && queue.get(keyOf(field));
  if (!entry) return;
  if (choice === "theirs") {
    const { status, body } = await ask(board.dataset.conflicts, { part: entry.part, field: entry.name });
    if (status !== 200) return showRefusal(field, body.error || words.unreachable);
    write(field, entry.present);
    settle(entry, entry.present);
    return tell("desk:saved");
  }
  if (choice === "merge") {
    entry.value = find("[data-merge]", field).value;
    write(field, entry.value);
  }
  if (choice !== "retry") entry.seen = entry.present;
  keep(entry);
  send(entry);
}

/** @param {Entry} entry */
const findField = ({ part, name }) => find(`form[data-fields="${part}"] [data-field="${name}"]`);

/** @param {HTMLElement} field */
const keyOf = (field) => `${field.closest("form")?.dataset.fields}/${field.dataset.field}`;

/** The control of a field, of whatever kind. @param {HTMLElement} field */
const getControl = (field) => find(`[name="${field.dataset.field}"]`, field);

/** @param {HTMLElement} field */
const getSeen = (field) => find(`[name="seen_${field.dataset.field}"]`, field);

/** @param {HTMLElement} field */
function read(field) {
  const { type, checked, value } = getControl(field);
  return type !== "checkbox" ? value : checked ? "1" : "";
}

/** @param {HTMLElement} field @param {string} value @param {string} [seen] what the desk holds now */
function write(field, value, seen) {
  const control = getControl(field);
  if (seen !== undefined) getSeen(field).value = seen;
  if (control.type === "checkbox") control.checked = Boolean(value);
  else if (control.value !== value) control.value = value; // else the cursor would jump
  control.defaultValue = control.value;
}

/** Shows the state of a field beside its label, and both texts of a conflict below it. @param {HTMLElement} field */
function show(field) {
  const entry = queue.get(keyOf(field));
  const state = find("[data-state]", field);
  const isConflict = entry?.state === "conflict";
  field.toggleAttribute("data-unsaved-field", Boolean(entry));
  state.dataset.state = entry?.state || "saved";
  state.textContent = entry ? board.dataset[entry.state] : saved.get(keyOf(field))?.text;
  if (entry?.state === "refused") showRefusal(state, entry.error);
  else clearRefusal(state);
  if (!isConflict) find("[data-clash]", field)?.remove();
  else if (!find("[data-clash]", field)) field.insertAdjacentHTML("beforeend", entry.html);
  getControl(field).readOnly = isConflict;
  showLength(field);
  showSum();
}

/** How long the text is, where the hint asks for it. @param {HTMLElement} field */
function showLength(field) {
  const count = find("[data-count]", field);
  const pattern = count?.dataset.count === "words" ? /\S+/g : /./gsu;
  count?.replaceChildren(read(field).trim().match(pattern)?.length || 0);
}

/** How many fields are not saved, in the bar of the edition and where somebody signs in again. */
function showSum() {
  const { length } = [...queue.values()].filter((each) => each.state !== "waiting" && each.state !== "saving");
  for (const each of list("[data-unsaved]")) {
    each.hidden = !length;
    find("b", each)?.replaceChildren(length);
  }
}

for (const stored of Object.keys(localStorage).filter((each) => each.startsWith(prefix))) {
  const key = stored.slice(prefix.length);
  queue.set(key, { ...ENTRY, ...JSON.parse(localStorage[stored]), key, state: "waiting", tries: 0 });
}
adoptFields(document.body);
retryAll(); // sends what an earlier page could not
