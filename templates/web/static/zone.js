// The reader's time zone, as the browser says it. Without this script the form works all the same.
document.querySelectorAll("input[data-zone]").forEach((field) => {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
});
