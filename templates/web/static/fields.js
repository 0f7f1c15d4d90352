/**
 * Fields that save themselves: one request in flight each, what is typed meanwhile goes in the next. This browser keeps
 * a text until the desk has it. What the field held before goes along, so that nobody overwrites what they did not see.
 *   form[data-fields="story:KEY"] [data-field=headline]: input[name=seen_headline], control, [data-state], [data-count]
 */

import { find, htmx, list, nearest, on, tell, words } from "./dom.js";
import { showRefusal } from "./refusals.js";
import { ask, signIn } from "./session.js";

const PAUSE = 200; // milliseconds without a key, then it is saved
const RETRY = 3_000; // milliseconds
const FIELD = "form[data-fields] [data-field]";

/** The board, with the words for the states of fields. */
export const board = find("[data-board]");
const tab = (sessionStorage.tab ||= String(Math.random()));
const prefix = `desk:${board.dataset.user}:${board.dataset.board}:`;

/** @type {Map<string, Field>} */
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
});
on("desk:signed-in visibilitychange", sendAll); // a page that is left is hidden

/** Gives new fields their unsaved texts and states. @param {Element} root */
export function adoptFields(root) {
  for (const each of list(FIELD, root)) {
    const field = getField(each);
    if (field.state !== "saved") field.write(field.value);
    field.show();
  }
}

/**
 * A field came from the desk, perhaps changed by a colleague. While somebody writes in it, it stays (false): the next
 * save detects the conflict. `askedAt` is when the page asked for it.
 * @param {Element} element @param {Element} fresh @param {number} askedAt
 */
export function receiveField(element, fresh, askedAt) {
  const field = getField(element);
  const { value } = find(`[name=${field.held.name}]`, fresh);
  if (field.held.value === value) return true;
  if (askedAt < field.answeredAt || field.state !== "saved" || document.activeElement === field.control) return false;
  field.write(value, value);
  field.show();
  return true;
}

/**
 * Drops texts that were discarded elsewhere, and shows them.
 * @param {string} kept what the desk still keeps of this user @param {number} askedAt
 */
export function releaseFields(kept, askedAt) {
  for (const each of fields.values()) {
    const { answer, answeredAt, element, key, merged, seen, value } = each;
    if (!answer?.kept || askedAt < answeredAt || kept.split(" ").includes(key.slice(prefix.length))) continue;
    find("[data-clash] :focus")?.blur(); // it takes the newest text
    each.settle(answer.present ?? seen);
    const texts = merged && merged !== value ? `${value}” “${merged}` : value;
    showRefusal(element || new Image(), board.dataset.discarded.replace("TEXT", () => texts));
  }
}

/** Saves what is typed, and resolves when nothing is on its way, or after five seconds. */
export const settleFields = () => Promise.race([sendAll(), new Promise((done) => setTimeout(done, 5_000))]);

/** Sends what is typed, was refused or did not arrive. */
export function sendAll() {
  return Promise.all(listUnsaved().map((each) => each.send()));
}

/** @param {any} element */
function getField(element) {
  const name = element.dataset.field;
  const { action, dataset } = element.closest("form");
  const key = `${prefix}${dataset.fields}/${name}`;
  const [control, held] = [find(`[name="${name}"]`, element), find(`[name="seen_${name}"]`, element)];
  const field = Object.assign(fields.get(key) || new Field(), { key, name, action, element, control, held });
  fields.set(key, field);
  return field;
}

/** @param {string} one @param {string} other */
const isSame = (one, other) => one.replace(/\s+/g, " ").trim() === other.replace(/\s+/g, " ").trim();

/** A field; it outlasts its form. */
class Field {
  key = "";
  name = "";
  action = "";
  /** @type {"saved" | "waiting" | "saving" | "retrying" | "refused" | "conflict"} */
  state = "saved";
  value = ""; // what was typed, and is not acknowledged
  seen = ""; // what the desk held before
  merged = ""; // made of both texts of a conflict so far
  /** @type {any} why it was refused; both texts of a conflict, and the colleague's; whether the desk keeps it */
  answer;
  answeredAt = 0; // on the page's clock
  problem = ""; // why it is not saved
  refused = ""; // a text; sent once more it is final
  slot = ""; // each tab keeps its own
  timer = 0;
  savedText = "";
  /** @type {any} where it is on the page */
  element;
  /** @type {any} */
  control;
  /** @type {any} the input with what the desk holds */
  held;
  /** @type {Promise<void> | null} what is on its way */
  sending = null;

  read() {
    const { type, checked, value } = this.control;
    return type !== "checkbox" ? value : checked ? "1" : "";
  }

  /** @param {string} value @param {string} [seen] what the desk holds now */
  write(value, seen) {
    const { control } = this;
    if (!control) return;
    if (seen !== undefined) this.held.value = seen;
    if (control.type === "checkbox") control.checked = Boolean(value);
    else if (control.value !== value) control.value = value; // else the cursor would jump
    control.defaultValue = control.value;
  }

  /** @param {any} event */
  note({ target, type }) {
    if (target !== this.control) {
      if (this.state !== "conflict") return; // it was decided elsewhere, and the box is gone
      this.merged = target.value;
      return this.keep();
    }
    if (this.state === "saved") this.seen = this.value = this.held.value;
    const value = this.read();
    if (this.value === value && this.state !== "waiting" && this.state !== "refused") return;
    this.value = value;
    this.keep();
    if (this.state === "saving" || this.state === "conflict") return this.show();
    this.setState("waiting");
    this.sendLater(type === "change" ? 0 : PAUSE);
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
    const isLeft = document.hidden || document.activeElement !== this.control || this.refused === value;
    const { status, body } = await ask(this.action, { [name]: value, [`seen_${name}`]: seen, left: isLeft ? "1" : "" });
    this.sending = null;
    this.answer = body;
    this.answeredAt = performance.now();
    this.problem = body.error || (status && status !== 401 ? `${words.fault} (${status})` : "");
    if (status === 200) {
      if (isSame(body.value, value)) this.seen = body.value; // else a colleague's, which nobody here has seen
      this.savedText = `${board.dataset.saved} ${find(".bar__now").innerText}`; // “05:42 GMT”
      if (this.value === value) this.settle(body.value);
      else this.keep();
    } else if (!body.error || status === 401 || status === 429 || status >= 500) {
      this.setState("retrying");
      if (status === 401) signIn(); // then all is sent again
      else this.sendLater(RETRY);
      return;
    } else if (status === 404 && body.kept) this.settle(seen); // its story is gone; the board shows the text
    else {
      this.setState(body.html ? "conflict" : "refused");
      if (!body.kept && this.refused !== value) this.sendLater(RETRY);
      this.refused = value;
    }
    tell("desk:saved");
    if (this.value !== value) await this.send();
  }

  /** There is nothing to save any more. @param {string} value as it is stored */
  settle(value) {
    const { control, state } = this;
    localStorage.removeItem(this.slot);
    const isTyping = state === "saving" && document.activeElement === control && isSame(value, this.value);
    this.write(isTyping ? this.read() : value, value);
    Object.assign(this, { answer: null, merged: "", problem: "", refused: "", slot: "" });
    this.setState("saved");
  }

  keep() {
    const { key, name, action, value, seen, merged } = this;
    this.slot ||= `${key}@${tab}`;
    try {
      localStorage.setItem(this.slot, JSON.stringify({ name, action, value, seen, merged }));
    } catch {
      // Full or forbidden: the page has the text, and says so.
    }
  }

  /** Chooses one of two texts, or tries again. @param {string} choice */
  choose(choice) {
    if (choice === "merge") this.write((this.value = this.merged));
    if (choice !== "retry") this.seen = this.answer.present;
    this.merged = "";
    this.state = "waiting";
    this.keep();
    this.send();
  }

  /** @param {Field["state"]} state */
  setState(state) {
    this.state = state;
    if (this.element?.isConnected) this.show();
    const { length } = listUnsaved().filter((each) => each.state !== "waiting" && each.state !== "saving");
    for (const each of list("[data-unsaved]")) {
      each.hidden = !length;
      find("b", each)?.replaceChildren(length);
    }
  }

  /** Shows its state beside its label, how long its text is, and both texts of a conflict below it. */
  show() {
    const { control, element, state, answer } = this;
    const place = find("[data-state]", element);
    const isConflict = state === "conflict";
    element.toggleAttribute("data-unsaved-field", state !== "saved");
    place.dataset.state = state;
    place.textContent = state === "saved" ? this.savedText : board.dataset[state];
    showRefusal(place, isConflict ? "" : this.problem);
    const clash = find("[data-clash]", element);
    if (clash?.contains(document.activeElement)) control.focus();
    clash?.remove();
    if (isConflict) {
      element.insertAdjacentHTML("beforeend", answer.html);
      htmx.process(element);
      const merge = find("[data-merge]", element);
      if (merge) this.merged = merge.value = this.merged || merge.value;
    }
    control.readOnly = isConflict;
    const count = find("[data-count]", element);
    const pattern = count?.dataset.count === "words" ? /\S+/g : /./gsu;
    count?.replaceChildren(this.read().trim().match(pattern)?.length || 0);
  }
}

for (const [slot, kept] of Object.entries(localStorage).filter(([each]) => each.startsWith(prefix))) {
  const [key, of] = slot.split("@");
  if (fields.has(key) && of !== tab) continue;
  fields.set(key, Object.assign(new Field(), JSON.parse(kept), { key, slot, state: "waiting" }));
}
adoptFields(document.body);
sendAll(); // what an earlier page could not
