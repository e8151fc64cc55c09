// Sends files in parts, with progress, pause, and resuming from what the server has (J-56).
// Without it the form of the page does the same job at once; all words stand in the page.

const form = document.querySelector("form[data-upload]");
const template = document.getElementById("upload-row");
const language = document.documentElement.lang;
const section = document.getElementById("uploads");
const words = template.dataset;
const token = form.elements.csrfmiddlewaretoken.value;
const input = form.querySelector("input[type=file]");
const LONGEST_PAUSE = 30;

const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const announce = (text) => { document.getElementById("status").textContent = text; };
const unit = (value, name, display = "short", digits = 0) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: display, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
const bytes = (count) => count < 1e6 ? unit(count / 1e3, "kilobyte") : unit(count / 1e6, "megabyte", "short", 1);

/** A refusal that trying again would not change. */
class Refused extends Error {
  constructor(answer) { super(answer.title); this.answer = answer; }
}

/** Ask our own server; JSON, or an error of which `status` 0 means: not reached. */
async function ask(url, method = "GET", data = null) {
  let response;
  try { response = await fetch(url, { method, body: data, headers: { "X-CSRFToken": token, Accept: "application/json" } }); }
  catch { return { status: 0 }; }
  // Who is signed out is sent to a page, which is no JSON.
  if (!response.headers.get("Content-Type")?.includes("json")) return { status: response.status >= 500 ? response.status : 401 };
  return { status: response.status, ...(await response.json()) };
}

/** Put bytes somewhere; resolves to the status, 0 if the line broke, and to what we say of it. */
function put(url, blob, own, onProgress, stop) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    if (own) request.setRequestHeader("X-CSRFToken", token);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      const said = request.getResponseHeader("Content-Type")?.includes("json") ? JSON.parse(request.responseText) : {};
      resolve({ ...said, status: request.status });
    };
    request.onerror = request.onabort = request.ontimeout = () => resolve({ status: 0 });
    stop.addEventListener("abort", () => request.abort(), { once: true });
    request.send(blob);
  });
}

class Upload {
  constructor(file) {
    this.file = file;
    this.saved = this.sent = 0;
    this.isPaused = this.isOver = false;
    this.marks = [25, 50, 75];
    this.row = template.content.firstElementChild.cloneNode(true);
    this.part = (name) => this.row.querySelector(`[data-part=${name}]`);
    this.row.querySelector("h3").textContent = file.name;
    this.part("about").textContent = bytes(file.size);
    this.part("note").textContent = words.note;
    this.part("pause").addEventListener("click", () => this.isPaused ? this.resume() : this.pause());
    this.part("discard").addEventListener("click", () => this.discard());
    this.label("pause", words.pause);
    this.label("discard", this.part("discard").textContent.trim());
    section.hidden = false;
    section.querySelector(".files").prepend(this.row);
  }

  label(name, text) {
    this.part(name).querySelector(".kern-label").textContent = text;
    this.part(name).setAttribute("aria-label", `${text}: ${this.file.name}`);
  }

  get percent() { return Math.floor(100 * this.saved / this.file.size); }

  say(pattern, values = {}) {
    const text = fill(pattern, { percent: this.percent, name: this.file.name, ...values });
    if (this.part("note").textContent === text) return;
    this.part("note").textContent = text;
    announce(`${this.file.name}: ${text}`);
  }

  /** Bar, bytes, rate over the last seconds, and the time that is left at that rate. */
  show(loaded) {
    const now = performance.now(), done = Math.min(this.saved + loaded, this.file.size);
    const percent = Math.floor(100 * done / this.file.size);
    this.trail = [...(this.trail ?? []).filter((point) => now - point.at < 10_000), { at: now, done }];
    const first = this.trail[0], rate = now > first.at ? Math.max(0, (done - first.done) / (now - first.at) * 1000) : 0;
    const sending = fill(words.sending, { percent });
    this.part("progress").querySelector(".kern-label").textContent = sending;
    const bar = this.row.querySelector("progress");
    bar.value = percent;
    bar.setAttribute("aria-label", `${sending}, ${this.file.name}`);
    const [amount, left] = this.part("figures").children;
    amount.textContent = fill(words.amount, { done: bytes(done), size: bytes(this.file.size), rate: bytes(rate) });
    const seconds = rate ? (this.file.size - done) / rate : 0;
    left.textContent = !rate ? "" : seconds < 60 ? words.seconds : fill(words.left, { time: unit(Math.round(seconds / 60), "minute", "long") });
    if (percent >= this.marks[0]) { this.marks = this.marks.filter((mark) => mark > percent); announce(`${this.file.name}: ${sending}`); }
  }

  pause() {
    this.isPaused = true;
    this.label("pause", words.resume);
    this.stop?.abort();
    this.say(words.paused);
  }

  resume() {
    this.isPaused = false;
    this.label("pause", words.pause);
    this.part("note").textContent = words.note;
    this.wake?.();
  }

  async discard() {
    this.isOver = true;
    this.stop?.abort();
    this.wake?.();
    if (this.url) await ask(`${this.url}abort/`, "POST");
    this.row.remove();
    section.hidden = !section.querySelector(".file");
    input.focus();
  }

  /** Wait until it makes sense to go on: not paused, online, and after a growing pause. */
  async rest(reason = "") {
    this.trail = [];
    this.attempt = Math.min((this.attempt ?? 0) + 1, 6);
    const until = Date.now() + 1000 * Math.min(2 ** (this.attempt - 1), LONGEST_PAUSE);
    while (!this.isOver && (this.isPaused || !navigator.onLine || Date.now() < until)) {
      if (!this.isPaused) {
        if (!navigator.onLine) this.say(words.offline);
        else if (reason) this.say(words.waiting, { reason });
        else if (this.attempt > 2) this.part("note").textContent = fill(words.stalled, { percent: this.percent, time: unit(Math.max(1, Math.ceil((until - Date.now()) / 1000)), "second", "long") });
        else this.say(words.offline);
      }
      await new Promise((done) => { this.wake = done; addEventListener("online", done, { once: true }); setTimeout(done, 1000); });
    }
    if (!this.isOver) this.part("note").textContent = words.note;
  }

  /** Ask until there is an answer; what can pass is waited for. */
  async insist(url, method, data = () => null) {
    // That we answer does not mean that the store does: its failures go on counting.
    const before = this.attempt;
    while (!this.isOver) {
      const answer = await ask(url, method, data());
      if (answer.status >= 200 && answer.status < 300) { this.attempt = before; return answer; }
      if (answer.status === 401) throw new Refused({ title: fill(words.session, { percent: this.percent }) });
      if (answer.status >= 400 && answer.status < 500 && answer.code !== "parts_missing") throw new Refused(answer);
      if (answer.code === "parts_missing") return answer;
      await this.rest(answer.title);
    }
    return null;
  }

  async run() {
    const { file } = this;
    const info = await this.insist(form.dataset.upload, "POST", () => new URLSearchParams({ name: file.name, size: file.size, modified: file.lastModified, kind: form.dataset.kind }));
    if (!info) return false;
    section.querySelector(`[data-unfinished="${info.id}"]`)?.remove();
    this.url = `${form.dataset.upload}${info.id}/`;
    this.part("about").textContent = `${info.kind} · ${bytes(file.size)}`;
    let { parts } = info;
    this.isDirect = info.direct;
    const count = Math.ceil(file.size / info.part_size);
    const length = (number) => Math.min(info.part_size, file.size - (number - 1) * info.part_size);
    while (!this.isOver) {
      const there = new Set(parts);
      for (let number = 1; number <= count && !this.isOver; number += 1) {
        this.saved = [...there].reduce((sum, one) => sum + length(one), 0);
        this.show(0);
        while (!there.has(number) && !this.isOver) if (await this.send(number, info.part_size)) there.add(number);
      }
      if (this.isOver) return false;
      this.saved = file.size;
      this.show(0);
      this.part("pause").hidden = true;
      this.say(words.checking);
      const answer = await this.insist(`${this.url}complete/`, "POST");
      if (!answer) return false;
      if (answer.code !== "parts_missing") return true;
      ({ parts } = answer);
    }
    return false;
  }

  /** Send one part, to a fresh address if it goes to the store; false if it has to be sent again. */
  async send(number, size) {
    const blob = this.file.slice((number - 1) * size, number * size);
    // A file that was changed or removed meanwhile cannot be read any more.
    try { await blob.slice(0, 1).arrayBuffer(); } catch { throw new Refused({ title: words.unreadable }); }
    if (this.isPaused) { await this.rest(); return false; }
    const here = `${this.url}parts/${number}/`;
    const where = this.isDirect || this.isInDoubt ? await this.insist(here, "POST") : { url: here };
    if (!where) return false;
    const target = new URL(where.url, location.href);
    this.stop = new AbortController();
    const { status, title, part } = await put(target, blob, !this.isDirect, (loaded) => this.show(loaded), this.stop.signal);
    // Who is signed out is led to a page that answers 200, too.
    this.isInDoubt = !(status >= 200 && status < 300 && (this.isDirect || part === number));
    if (!this.isInDoubt) { this.attempt = 0; return true; }
    // The next question for an address finds out whether it was refused for good.
    await this.rest(status >= 500 ? title : "");
    return false;
  }

  fail(answer) {
    this.isOver = true;
    this.part("progress").remove();
    this.part("figures").remove();
    this.part("pause").remove();
    const text = document.createElement("p");
    text.className = "kern-error";
    const icon = document.createElement("span"), sentence = document.createElement("span");
    icon.className = "kern-icon kern-icon--danger kern-icon--default";
    icon.ariaHidden = "true";
    sentence.className = "kern-body";
    sentence.textContent = answer.title;
    text.append(icon, sentence);
    this.part("note").before(text);
    this.part("note").textContent = answer.instance ? fill(words.receipt, { number: answer.instance, time: new Date(answer.at).toLocaleString(language) }) : "";
    announce(`${this.file.name}: ${answer.title}`);
  }
}

let running = 0, isReady = true;

async function start(file) {
  const upload = new Upload(file);
  running += 1;
  try {
    if (await upload.run()) announce(fill(words.done, { name: file.name }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    upload.fail(error.answer);
    isReady = false;
  } finally {
    running -= 1;
    if (upload.isOver) return;
    upload.row.remove();
    // The page shows what was found in the files, unless something else still stands on it.
    if (!running && isReady) location.assign(location.pathname);
  }
}

function begin(files) {
  document.getElementById("file-error").replaceChildren();
  isReady = true;
  if (!files.length) {
    const text = document.createElement("p");
    text.className = "kern-error";
    text.textContent = form.dataset.none;
    document.getElementById("file-error").append(text);
    announce(form.dataset.none);
    input.focus();
  }
  for (const file of files) start(file);
}

input.multiple = true;
input.accept = form.dataset.accept;
form.querySelector("label").textContent = form.dataset.drop;
form.addEventListener("submit", (event) => { event.preventDefault(); begin([...input.files]); form.reset(); });
form.addEventListener("dragover", (event) => { event.preventDefault(); form.dataset.over = ""; });
form.addEventListener("dragleave", () => { delete form.dataset.over; });
form.addEventListener("drop", (event) => { event.preventDefault(); delete form.dataset.over; begin([...event.dataTransfer.files]); });
