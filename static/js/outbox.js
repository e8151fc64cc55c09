// What a form holds and the server does not yet: kept on this device until it is saved, so that a closed tab loses nothing.
//
// One entry for each form: {version, fields: [[name, value], …], isSent}. Emptied by a save and by signing out; switched off where a
// device is shared. localStorage may be full or forbidden: then nothing is kept, and the page says so.

const PREFIX = "outbox:", OFF = "outbox-off";

const attempt = (action, otherwise) => { try { return action(); } catch { return otherwise; } };
const keys = () => attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)), []);

export const isOff = () => attempt(() => localStorage.getItem(OFF) === "1", true);

export function empty() {
  keys().forEach((key) => localStorage.removeItem(key));
}

export function openOutbox(name) {
  const key = PREFIX + name;
  const write = (entry) => attempt(() => { localStorage.setItem(key, JSON.stringify(entry)); return true; }, false);
  const find = () => attempt(() => JSON.parse(localStorage.getItem(key)), null);
  return {
    find,
    keep: (version, fields) => !isOff() && write({ version, fields, isSent: false }),
    /** The form is on its way as a whole; whether it arrived, the next page knows. */
    mark: (isSent) => { const entry = find(); if (entry) write({ ...entry, isSent }); },
    drop: () => attempt(() => localStorage.removeItem(key)),
  };
}

// -- pages around a form ----------------------------------------------------------------------------------------------------------
document.querySelectorAll("[data-outbox-off]").forEach((box) => {
  box.checked = isOff();
  box.addEventListener("change", () => {
    attempt(() => (box.checked ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF)));
    if (box.checked) empty();
  });
});

// Two texts side by side: whatever is chosen is the answer, and what is kept here is done with.
document.querySelectorAll("form[data-outbox-choice]").forEach((form) => {
  const outbox = openOutbox(form.dataset.outboxChoice);
  outbox.mark(false);
  form.addEventListener("submit", outbox.drop);
  form.querySelectorAll("a").forEach((link) => link.addEventListener("click", outbox.drop));
});

// Signing out.
document.querySelectorAll("[data-outbox-waiting]").forEach((note) => { note.hidden = !keys().length; });
document.querySelectorAll("form[data-outbox-empties]").forEach((form) => form.addEventListener("submit", empty));
