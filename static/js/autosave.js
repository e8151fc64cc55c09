// Saves a form while it is being filled in. The form works without this file: its button saves everything.
//
// <form data-autosave> posts itself to its own address with `Accept: application/json`. The answers:
//   200 {version, time, unsaved: {field: sentence}}   saved; fields that cannot be saved like this are named
//   409 {sentence}                                    somebody else was faster: the button "compare" sends the form, and the page shows both texts
//   a redirection or 403                              signed out: the text stays, and there is a link to sign in
//   anything else                                     not saved: "try again"
// data-autosave="dirty": what the form holds is not saved yet.
// The hidden field `version` says which state was read. components/autosave.html holds the words.

const PAUSE = 800;
const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function autosave(form) {
  const box = form.querySelector("[data-autosave-status]");
  const words = box.querySelector("[data-autosave-words]");
  const version = form.elements.version;
  const contents = () => { const data = new FormData(form); data.delete("csrfmiddlewaretoken"); data.delete(version.name); return new URLSearchParams(data).toString(); };
  let saved = form.dataset.autosave === "dirty" ? "" : contents(), timer, isSaving = false, isBlocked = false, isLeaving = false, waiting;

  function show(state, text) {
    box.dataset.state = state;
    words.textContent = text;
    box.querySelectorAll("[data-autosave-on]").forEach((element) => { element.hidden = !element.dataset.autosaveOn.split(" ").includes(state); });
    // Routine is not announced: whoever writes would be interrupted every second.
    if (state !== "saving" && state !== "saved") document.getElementById("status").textContent = text;
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
        const sentences = Object.values(unsaved);
        if (sentences.length) show("partly", fill(box.dataset.partly, { time, sentences: sentences.join(" ") }));
        else show("saved", fill(box.dataset.saved, { time }));
      } else {
        show("failed", box.dataset.failed);
      }
    } catch {
      show("failed", box.dataset.failed);
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

  form.addEventListener("input", () => later());
  form.addEventListener("change", (event) => { if (event.target.matches("[type=radio], [type=checkbox], select")) later(0); });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    // With the number of the save that is under way the form would be in conflict with itself.
    if (isSaving) { event.preventDefault(); waiting = event.submitter; return; }
    isLeaving = true;
  });
  box.querySelector("[data-autosave-again]").addEventListener("click", async () => { await renewToken().catch(() => {}); save(); });
  addEventListener("online", () => save());
  document.addEventListener("visibilitychange", () => { if (document.hidden && !isLeaving) save({ keepalive: true }); });
  if (!saved) later();
  addEventListener("beforeunload", (event) => { if (!isLeaving && contents() !== saved) event.preventDefault(); });
}

document.querySelectorAll("form[data-autosave]").forEach(autosave);
