/** The board: one story open for editing, and one poll that brings what changed. */

import "./drag.js";
import { find, list, on, tell } from "./dom.js";
import { board, sendAll, settleFields } from "./fields.js";
import { applyParts } from "./parts.js";
import { ask, askPart, isSignedOut, signIn } from "./session.js";

const [EVERY, EVERY_HIDDEN, PRESENCE_EVERY] = [2_000, 30_000, 8_000]; // milliseconds between two questions
const AFTER_MAIL = 400; // milliseconds: the parts would take the desk's time from the mail, which is waited for
const CHANGES_STORY = "[data-edit], [data-done]"; // opens the form of a story, or closes it
const { changes, presence } = board.dataset;

let timer = 0;
let isAsked = false; // a question waits in the line
let line = Promise.resolve(); // one question at a time
let isStale = false; // a part was left as it was, for somebody was writing in it

/** The key of the story whose form is open. */
const getEditing = () => find("[data-editing]")?.dataset.editing || "";

/** What the page was last told. */
const getMark = () => find("#mark").dataset;

/** What the pool shows of the edition: what is picked, in which order, and whether more can be. */
const describePicks = () => list("[data-pick]").map((each) => each.id) + getMark().editable;

schedule();
tellPresence();
setInterval(() => document.hidden || tellPresence(), PRESENCE_EVERY);
on("visibilitychange", tellPresence);
on("visibilitychange desk:signed-in", () => refresh());
on("desk:saved", () => {
  getMark().version = ""; // another one, which the next answer tells
  tell("preview");
  setTimeout(refresh, AFTER_MAIL);
});
on("focusout pointerup", () => setTimeout(catchUp, 300));
/** Tells colleagues which story somebody edits here, or that nobody looks at this page. */
function tellPresence() {
  const part = getEditing() && `story:${getEditing()}`;
  if (presence && !isSignedOut()) ask(presence, document.hidden ? { gone: "1" } : { part });
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

/** Asks for what changed, and shows it. */
function refresh(isAll = false) {
  if (isAsked && !isAll) return line; // somebody asks in a moment anyway
  isAsked = true;
  return (line = line.then(() => askForChanges(isAll)).then(schedule));
}

async function askForChanges(isAll = false) {
  isAsked = false;
  if (isSignedOut()) return;
  const [asked, editing] = [performance.now(), getEditing()];
  const mark = isAll ? "" : getMark().mark;
  // Without an answer fields say so, where something is lost by it. The next question comes by itself.
  const { status, body } = await askPart(`${changes}?mark=${mark}`, editing);
  if (status === 401) signIn();
  else if (status === 200 && editing === getEditing()) take(body, asked); // else another form was opened or closed
}

/** Shows parts that came. @param {string} html @param {number} asked @param {string} [closing] the key of a story */
function take(html, asked, closing) {
  const { version, editable } = getMark();
  const picks = describePicks();
  isStale = applyParts(html, asked, `story-${closing}`) || isStale;
  const now = getMark();
  if (now.version !== version) tell("preview");
  if (describePicks() !== picks) tell("pool");
  if ("editable" in now && editable === undefined) sendAll();
}

// What closes the form of a story, or drops it, waits until the last words there are saved; and a story is dropped with
// the hash of what is there then.
on("htmx:confirm", async (event) => {
  const { elt, issueRequest } = event.detail;
  const drops = find("[data-drop]", elt);
  if (event.defaultPrevented || !(drops || elt.matches(CHANGES_STORY))) return;
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
  const changesStory = elt.matches(CHANGES_STORY);
  if (!detail.xhr.getResponseHeader("X-Parts") || detail.xhr.status >= 400) return;
  detail.shouldSwap = false;
  if (elt.closest("[data-reset]")) elt.closest("form")?.reset(); // what was typed there is stored now
  take(detail.xhr.responseText, asked, changesStory ? editing : "");
  if (!changesStory) return;
  find(getEditing() ? "#p-headline" : `[id="edit-${editing}"]`)?.focus({ preventScroll: !getEditing() });
  tellPresence();
});
