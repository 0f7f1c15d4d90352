/** The desk's own script: the clock, the keys of the board, and reloading the preview. Everything works without it. */

import "./refusals.js";

var clock = document.querySelector("[data-now]");
if (clock) {
  var offset = Date.parse(clock.dataset.now) - Date.now();
  var format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.zone });
  setInterval(function () { clock.textContent = format.format(new Date(Date.now() + offset)); }, 5000);
}

document.body.addEventListener("preview", function () {
  document.querySelectorAll("iframe[data-preview]").forEach(function (frame) {
    frame.src = frame.dataset.preview + "&v=" + Date.now();
  });
});

// What somebody is writing stays when somebody else's change comes in; the next save detects the conflict.
document.body.addEventListener("htmx:oobBeforeSwap", function (event) {
  var target = event.detail.target;
  var writing = target.contains(document.activeElement) || (target.id === "boxes" && target.querySelector("details[open]"));
  if (writing) { event.detail.shouldSwap = false; }
});

// The pool is reloaded whenever somebody changes it: what is open stays open, and what is being typed there is kept.
// Nor does it change between pressing a button of it and letting it go: the press would be lost.
var opened = [], pressing = false, missed = false;
document.addEventListener("pointerdown", function (event) { pressing = Boolean(event.target.closest("#pool")); });
document.addEventListener("pointerup", function () {
  setTimeout(function () {
    pressing = false;
    if (missed) { missed = false; document.body.dispatchEvent(new Event("pool")); }
  }, 0);
});
document.body.addEventListener("htmx:beforeSwap", function (event) {
  var pool = event.detail.target, typing = document.activeElement;
  if (!pool || pool.id !== "pool") { return; }
  var own = pool.contains(event.detail.requestConfig.elt);
  if (!own && pressing) {
    event.detail.shouldSwap = false;
    missed = true;
    return;
  }
  if (!own && pool.contains(typing) && /^(INPUT|TEXTAREA|SELECT)$/.test(typing.tagName)) {
    event.detail.shouldSwap = false;
    return;
  }
  opened = Array.prototype.map.call(pool.querySelectorAll("details[open]"), function (each) { return each.id; });
});
document.body.addEventListener("htmx:afterSwap", function (event) {
  if (!event.detail.target || event.detail.target.id !== "pool") { return; }
  opened.forEach(function (id) {
    var details = document.getElementById(id);
    if (details) { details.open = true; }
  });
  opened = [];
});

document.addEventListener("keydown", function (event) {
  var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "/" && !typing) {
    var search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); }
    return;
  }
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    var pick = event.target.closest("[data-pick]");
    var button = pick && pick.querySelector(event.key === "ArrowUp" ? "[data-up]" : "[data-down]");
    if (button) { event.preventDefault(); button.click(); }
    return;
  }
  if (event.key === "Escape") {
    var cancel = document.querySelector("[data-cancel]");
    if (cancel) { cancel.click(); }
  }
  if (!typing && (event.key === "j" || event.key === "k")) { move(event.key === "j" ? 1 : -1); }
});

function move(step) {
  var buttons = Array.prototype.slice.call(document.querySelectorAll(".pool [data-pick-it]"));
  var at = buttons.indexOf(document.activeElement);
  var next = buttons[at + step] || buttons[0];
  if (next) { next.focus(); }
}
