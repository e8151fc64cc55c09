// Saves a form while it is being filled in. The form works without this file: its button saves everything.
//
// <form data-autosave> posts itself to its own address with `Accept: application/json`. The answers:
//   200 {version, time, unsaved: {field: sentence}}   saved; fields that cannot be saved like this are named
//   409 {sentence}                                    somebody else was faster: the button "compare" sends the form, and the page shows both texts
//   a redirection or 403                              signed out: the text stays, and there is a link to sign in
//   anything else                                     not saved: "try again"
//   no answer at all                                  offline: tried again by itself
// data-autosave="dirty": what the form holds is not saved yet.
// data-outbox="key": what is not saved is kept on this device as well, and put back when the form is opened again (outbox.js).
// The hidden field `version` says which state was read. components/autosave.html holds the words.

import { openOutbox } from "./outbox.js";

const PAUSE = 800, RETRY = 15_000;
const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function autosave(form) {
  const box = form.querySelector("[data-autosave-status]") ?? document.querySelector(`[data-autosave-status][data-for="${form.id}"]`);
  const words = box.querySelector("[data-autosave-words]");
  const version = form.elements.version;
  const fields = () => [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== version.name);
  const contents = () => new URLSearchParams(fields()).toString();
  const outbox = form.dataset.outbox ? openOutbox(form.dataset.outbox) : null;
  let saved = form.dataset.autosave === "dirty" ? "" : contents(), timer, isSaving = false, isBlocked = false, isLeaving = false, waiting;

  function show(state, text) {
    box.dataset.state = state;
    words.textContent = text;
    box.querySelectorAll("[data-autosave-on]").forEach((element) => { element.hidden = !element.dataset.autosaveOn.split(" ").includes(state); });
    // Routine is not announced: whoever writes would be interrupted every second.
    if (state !== "saving" && state !== "saved") document.getElementById("status").textContent = text;
  }

  /** How many answers are not saved. */
  function changed() {
    const before = new URLSearchParams(saved), now = new URLSearchParams(contents());
    return [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name)).length;
  }

  const keep = () => outbox?.keep(version.value, fields()) ?? false;

  function showOffline() {
    if (keep()) show("offline", fill(box.dataset.offline, { count: changed() }));
    else show("failed", box.dataset.failed);
    later(RETRY);
  }

  /** What a closed tab left behind: the same version goes on, an older one meets what was saved since. */
  function putBack() {
    const kept = outbox?.find();
    if (!kept) return;
    const isOlder = Number(kept.version) < Number(version.value);
    if (new URLSearchParams(kept.fields).toString() === saved || (kept.isSent && isOlder)) return outbox.drop();
    const values = new Map(kept.fields);
    for (const input of form.elements) {
      if (!input.name || input.name === "csrfmiddlewaretoken" || input === version || input.type === "submit") continue;
      if (input.matches("[type=radio], [type=checkbox]")) input.checked = values.get(input.name) === input.value;
      else if (input.matches("textarea, select, input")) input.value = values.get(input.name) ?? "";
    }
    version.value = kept.version;
    form.dispatchEvent(new Event("change", { bubbles: true }));
    show("restored", box.dataset.restored);
    later();
  }

  /** A sign-in in another tab brings a new token; the page has it. */
  async function renewToken() {
    const page = await fetch(form.action, { redirect: "manual" });
    if (!page.ok) return;
    const token = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("form[data-autosave] [name=csrfmiddlewaretoken]");
    if (token) form.elements.csrfmiddlewaretoken.value = token.value;
  }

  async function save({ keepalive = false } = {}) {
    clearTimeout(timer);
    const sent = contents();
    if (isSaving || isBlocked || sent === saved) return;
    isSaving = true;
    show("saving", box.dataset.saving);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "manual", keepalive });
      if (answer.type === "opaqueredirect" || answer.status === 403) {
        show("out", box.dataset.out);
      } else if (answer.status === 409) {
        isBlocked = true;
        show("conflict", (await answer.json()).sentence);
      } else if (answer.ok) {
        const { version: number, time, unsaved } = await answer.json();
        version.value = number;
        saved = sent;
        if (contents() === sent) outbox?.drop();
        else keep();
        const sentences = Object.values(unsaved);
        if (sentences.length) show("partly", fill(box.dataset.partly, { time, sentences: sentences.join(" ") }));
        else show("saved", fill(box.dataset.saved, { time }));
      } else {
        show("failed", box.dataset.failed);
      }
    } catch {
      if (outbox) showOffline();
      else show("failed", box.dataset.failed);
    } finally {
      isSaving = false;
    }
    if (waiting) return form.requestSubmit(waiting);
    if (box.dataset.state === "saved" && contents() !== saved) later();
  }

  function later(pause = PAUSE) {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  }

  form.addEventListener("input", () => { keep(); later(); });
  form.addEventListener("change", (event) => { if (event.target.matches("[type=radio], [type=checkbox], select")) later(0); });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    // With the number of the save that is under way the form would be in conflict with itself.
    if (isSaving) { event.preventDefault(); waiting = event.submitter; return; }
    // Without a connection the browser would show its own page in place of this one.
    if (outbox && !navigator.onLine) { event.preventDefault(); waiting = undefined; return showOffline(); }
    if (contents() === saved) outbox?.drop();
    else if (keep()) outbox.mark(true);
    isLeaving = true;
  });
  box.querySelector("[data-autosave-again]").addEventListener("click", async () => { await renewToken().catch(() => {}); save(); });
  addEventListener("online", () => save());
  document.addEventListener("visibilitychange", () => { if (document.hidden && !isLeaving) save({ keepalive: true }); });
  putBack();
  if (!saved) later();
  addEventListener("beforeunload", (event) => { if (!isLeaving && contents() !== saved) event.preventDefault(); });
}

document.querySelectorAll("form[data-autosave]").forEach(autosave);
