// The visitor's time zone, as the browser reports it. The form works without this script too.
document.querySelectorAll("input[data-zone]").forEach((field) => {
  field.setAttribute("value", Intl.DateTimeFormat().resolvedOptions().timeZone || "");
});
