/**
 * Fields that save themselves, each for itself: one request in flight, what is typed meanwhile goes in the next one, what
 * fails is tried again. Until the desk has acknowledged a text it is kept in this browser. What the field held before
 * goes along, so that nobody overwrites what they did not see.
 *   form[data-fields="story:KEY"] [data-field=headline]: input[name=seen_headline], control, [data-state], [data-count]
 */

import { find, list, nearest, on, tell, words } from "./dom.js";
import { showRefusal } from "./refusals.js";
import { ask, signIn } from "./session.js";

const PAUSE = 200; // milliseconds without a key, then it is saved
const RETRY = 3_000; // milliseconds
const FIELD = "form[data-fields] [data-field]";

/** The board: its data attributes say where everything is, and hold the words for the states of fields. */
export const board = find("[data-board]");
const prefix = `desk:${board.dataset.user}:${board.dataset.board}:`;

/** @type {Map<string, Field>} by the key under which their text is kept; also those of an earlier page */
const fields = new Map();
const listUnsaved = () => [...fields.values()].filter((each) => each.state !== "saved");

on("input change compositionend", (event) => {
  const element = nearest(event, FIELD);
  if (element && !event.isComposing) getField(element).note(event);
});
on("submit", (event) => {
  if (!event.target.matches("form[data-fields]")) return;
  event.preventDefault();
  sendAll();
});
on("click", (event) => {
  const button = nearest(event, "[data-choose]");
  if (button) getField(nearest(event, FIELD)).choose(button.dataset.choose);
  if (!nearest(event, "[data-copy]")) return;
  const texts = listUnsaved().map(({ label, value }) => `${label}\n${value}`);
  navigator.clipboard.writeText(texts.join("\n\n"));
});
on("desk:signed-in visibilitychange", sendAll); // the page is hidden, too, when somebody leaves it
on("online", sendAll, window);

/** Gives fields that have come onto the page their unsaved texts and their states. @param {Element} root */
export function adoptFields(root) {
  for (const each of list(FIELD, root)) {
    const field = getField(each);
    if (field.state !== "saved") field.write(field.value);
    field.show();
  }
}

/**
 * A field came from the desk, perhaps changed by somebody else. Left alone while somebody writes in it: the next save
 * detects the conflict. `askedAt` is when the page asked for it. False: it was left as it was.
 * @param {Element} element @param {Element} fresh @param {number} askedAt
 */
export function receiveField(element, fresh, askedAt) {
  const field = getField(element);
  const { value } = find(`[name=${field.held.name}]`, fresh);
  if (field.held.value === value) return true;
  if (askedAt < field.savedAt || field.state !== "saved" || document.activeElement === field.control) return false;
  field.write(value, value);
  field.show();
  return true;
}

/** Saves at once what is typed, and resolves when nothing is on its way, or after five seconds. */
export const settleFields = () => Promise.race([sendAll(), new Promise((done) => setTimeout(done, 5_000))]);

/** Sends at once what is typed, was refused or did not arrive. */
export function sendAll() {
  return Promise.all(listUnsaved().map((each) => each.send()));
}

/** @param {any} element */
function getField(element) {
  const name = element.dataset.field;
  const { action, dataset } = element.closest("form");
  const key = `${prefix}${dataset.fields}/${name}`;
  const [control, held] = [find(`[name="${name}"]`, element), find(`[name="seen_${name}"]`, element)];
  const label = find("label", element).innerText;
  const field = Object.assign(fields.get(key) || new Field(), { key, name, label, action, element, control, held });
  fields.set(key, field);
  return field;
}

/** A field, whether its form is open or not: what was typed outlasts it. */
class Field {
  key = "";
  name = "";
  label = "";
  action = "";
  /** @type {"saved" | "waiting" | "saving" | "retrying" | "refused" | "conflict"} */
  state = "saved";
  value = ""; // what was typed, and is not acknowledged
  seen = ""; // what the desk held before
  /** @type {any} why it was refused; both texts of a conflict, and the colleague's */
  answer;
  timer = 0;
  savedAt = 0; // on the page's clock
  savedText = "";
  /** @type {any} where it is on the page */
  element;
  /** @type {any} */
  control;
  /** @type {any} the input with what the desk holds */
  held;
  /** @type {Promise<void> | null} what is on its way */
  sending = null;

  /** @returns {string} */
  read() {
    const { type, checked, value } = this.control;
    return type !== "checkbox" ? value : checked ? "1" : "";
  }

  /** @param {string} value @param {string} [seen] what the desk holds now */
  write(value, seen) {
    const { control } = this;
    if (seen !== undefined) this.held.value = seen;
    if (control.type === "checkbox") control.checked = Boolean(value);
    else if (control.value !== value) control.value = value; // else the cursor would jump
    control.defaultValue = control.value;
  }

  /** Somebody has typed or chosen something. @param {Event} event */
  note(event) {
    if (event.target !== this.control) return;
    if (this.state === "saved") this.seen = this.value = this.held.value;
    const value = this.read();
    if (this.value === value && this.state !== "waiting") return;
    this.value = value;
    this.keep();
    if (this.state === "saving" || this.state === "conflict") return this.show();
    this.setState("waiting");
    this.sendLater(event.type === "change" ? 0 : PAUSE);
  }

  /** @param {number} pause */
  sendLater(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), pause);
  }

  send() {
    clearTimeout(this.timer);
    if (this.state !== "saved" && this.state !== "conflict") this.sending ||= this.request();
    return this.sending;
  }

  async request() {
    this.setState("saving");
    const { name, value, seen } = this;
    const { status, body } = await ask(this.action, { [name]: value, [`seen_${name}`]: seen });
    this.sending = null;
    if (status === 200) {
      Object.assign(this, { seen: body.value, savedAt: performance.now() });
      this.savedText = `${board.dataset.saved} ${find(".bar__now").innerText}`; // “05:42 GMT”, of the newsroom
      if (this.value === value) this.settle(body.value);
      else this.keep();
    } else if (!status || status === 401 || status === 429 || status >= 500) {
      this.setState("retrying");
      if (status === 401) signIn(); // then everything is sent again
      else this.sendLater(RETRY);
      return;
    } else {
      this.answer = { error: `${board.dataset.refused} (${status})`, ...body };
      this.setState(body.html ? "conflict" : "refused");
    }
    tell("desk:saved");
    if (this.value !== value) await this.send();
  }

  /** The desk has it. @param {string} value as it is stored */
  settle(value) {
    localStorage.removeItem(this.key);
    if (this.element) this.write(document.activeElement === this.control ? this.read() : value, value);
    this.setState("saved");
  }

  keep() {
    const { key, name, label, action, value, seen } = this;
    try {
      localStorage.setItem(key, JSON.stringify({ name, label, action, value, seen }));
    } catch {
      // Full or forbidden: the text is on the page, and its state says that it is not saved.
    }
  }

  /** Chooses between two texts, or tries again. @param {string} choice */
  async choose(choice) {
    if (choice === "theirs") {
      const part = this.control.form.dataset.fields; // “story:KEY”, “box:ID” or ""
      const { status, body } = await ask(board.dataset.conflicts, { part, field: this.name });
      if (status !== 200) return showRefusal(this.element, body.error || words.unreachable);
      this.write(this.answer.present);
      this.settle(this.answer.present);
      return tell("desk:saved");
    }
    if (choice === "merge") this.write((this.value = find("[data-merge]", this.element).value));
    if (choice !== "retry") this.seen = this.answer.present;
    this.state = "waiting";
    this.keep();
    this.send();
  }

  /** @param {Field["state"]} state */
  setState(state) {
    this.state = state;
    if (this.element?.isConnected) this.show();
    showSum();
  }

  /** Shows its state beside its label, how long its text is, and both texts of a conflict below it. */
  show() {
    const { control, element, state } = this;
    const place = find("[data-state]", element);
    const isConflict = state === "conflict";
    element.toggleAttribute("data-unsaved-field", state !== "saved");
    place.dataset.state = state;
    place.textContent = state === "saved" ? this.savedText : board.dataset[state];
    showRefusal(place, state === "refused" ? this.answer.error : "");
    find("[data-clash]", element)?.remove();
    if (isConflict) element.insertAdjacentHTML("beforeend", this.answer.html);
    control.readOnly = isConflict;
    const count = find("[data-count]", element);
    const pattern = count?.dataset.count === "words" ? /\S+/g : /./gsu;
    count?.replaceChildren(this.read().trim().match(pattern)?.length || 0);
  }
}

/** How many fields are not saved, in the bar of the edition and where somebody signs in again. */
function showSum() {
  const { length } = listUnsaved().filter((each) => each.state !== "waiting" && each.state !== "saving");
  for (const each of list("[data-unsaved]")) {
    each.hidden = !length;
    find("b", each)?.replaceChildren(length);
  }
}

for (const key of Object.keys(localStorage).filter((each) => each.startsWith(prefix))) {
  fields.set(key, Object.assign(new Field(), JSON.parse(localStorage[key]), { key, state: "waiting" }));
}
adoptFields(document.body);
sendAll(); // what an earlier page could not
