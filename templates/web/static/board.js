/** The board: one story open for editing, and one poll that brings what changed. @module */

import "./keys.js";
import "./drag.js";
import { find, on, tell } from "./dom.js";
import { adoptFields, board, retryAll, settleFields } from "./fields.js";
import { applyParts } from "./parts.js";
import { ask, askPart, isSignedOut, readToken, signIn } from "./session.js";

const [EVERY, EVERY_HIDDEN, PRESENCE_EVERY] = [2_000, 30_000, 8_000]; // milliseconds between two questions
const { changes = "", presence = "" } = board.dataset;

let timer = 0;
let waiting = 0;
let line = Promise.resolve(); // one question at a time
let isStale = false; // a part was left as it was, for somebody was writing in it

/** The key of the story whose form is open, or "". */
const getEditing = () => find("[data-editing]")?.dataset.editing || "";

/** What the page was last told. */
const readMark = () => ({ ...find("#mark")?.dataset });

schedule();
tellPresence();
setInterval(tellPresence, PRESENCE_EVERY);
on("visibilitychange", () => (document.hidden ? schedule() : refresh()));
on("desk:signed-in", () => refresh());
on("desk:saved", () => {
  tell("preview"); // sooner than with the parts
  refresh();
});
on("focusout pointerup", () => setTimeout(catchUp, 300));
window.addEventListener("pagehide", () => {
  if (presence) navigator.sendBeacon(presence, new URLSearchParams({ gone: "1", csrfmiddlewaretoken: readToken() }));
});

/** Tells colleagues that somebody is here, and which story they edit. */
function tellPresence() {
  if (presence && !isSignedOut() && !document.hidden) ask(presence, { part: getEditing() && `story:${getEditing()}` });
}

/** Asks once more for what was left as it was. */
function catchUp() {
  if (!isStale) return;
  isStale = false;
  refresh(true);
  tell("pool");
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(refresh, document.hidden ? EVERY_HIDDEN : EVERY);
}

/** Asks for what changed, and shows it. @param {boolean} [all] also when nothing changed */
function refresh(all = false) {
  if (waiting && !all) return line; // somebody asks in a moment anyway
  waiting += 1;
  line = line.then(() => {
    waiting -= 1;
    return askForChanges(all ? "" : readMark().mark || "");
  });
  line.then(schedule);
  return line;
}

/** @param {string} mark */
async function askForChanges(mark) {
  if (isSignedOut()) return;
  const asked = performance.now();
  const editing = getEditing();
  // Without an answer fields say so, where something is lost by it. The next question comes by itself.
  const { status, body } = await askPart(`${changes}?mark=${mark}`, editing);
  if (status === 401) signIn();
  else if (status === 200 && editing === getEditing()) take(body, asked); // else another form was opened or closed
}

/** Shows parts that came. @param {string} html @param {number} asked @param {string} [closing] the key of a story */
function take(html, asked, closing = "") {
  const before = readMark();
  const { added, hasSkipped } = applyParts(html, asked, closing && `story-${closing}`);
  isStale ||= hasSkipped;
  for (const each of added) {
    /** @type {any} */ (window).htmx.process(each);
    adoptFields(each);
  }
  const now = readMark();
  if (now.version !== before.version) ["preview", "pool"].forEach(tell);
  if ("editable" in now && !("editable" in before)) retryAll();
}

// What closes the form of a story, or drops it, waits until the last words there are saved; and a story is dropped with
// the hash of what is there then.
on("htmx:confirm", async (event) => {
  const { elt, issueRequest } = event.detail;
  const drops = find("[data-drop]", elt);
  if (event.defaultPrevented || !(drops || elt.matches("[data-edit], [data-done]"))) return;
  event.preventDefault();
  await settleFields();
  if (drops) await refresh(true);
  issueRequest(true);
});

on("htmx:configRequest", ({ detail }) => {
  detail.asked = performance.now();
  detail.headers["X-Editing"] = detail.elt.matches("[data-done]") ? "" : getEditing();
});

on("htmx:beforeSwap", ({ detail }) => {
  const { elt, asked } = detail.requestConfig;
  const editing = getEditing();
  const changesStory = elt.matches("[data-edit], [data-done]");
  if (!detail.xhr.getResponseHeader("X-Parts") || detail.xhr.status >= 400) return;
  detail.shouldSwap = false;
  if (elt.closest("[data-reset]")) elt.closest("form")?.reset(); // what was typed there is stored now
  take(detail.xhr.responseText, asked, changesStory ? editing : "");
  if (!changesStory) return;
  find(getEditing() ? "#p-headline" : `[id="edit-${editing}"]`)?.focus({ preventScroll: !getEditing() });
  tellPresence();
});
