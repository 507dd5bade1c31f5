// The composer: suggestions by tap, counters that keep up with the typing, words that survive.
const composerOf = (element) => element.closest?.("[data-composer]");
const boxes = (composer) => [...composer.querySelectorAll("[data-words]")];
let lastBox = null; // where a suggestion goes

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-words]")) lastBox = event.target;
});

// A tap on a suggestion puts it into the box: over an untouched suggestion, else below.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  event.preventDefault();
  const composer = composerOf(button);
  const box = boxes(composer).includes(lastBox) ? lastBox : boxes(composer)[0];
  const offered = [...composer.querySelectorAll("[data-insert]")].map((one) => one.dataset.insert);
  const untouched = !box.value.trim() || offered.includes(box.value);
  put(box, untouched ? button.dataset.insert : `${box.value.trimEnd()}\n\n${button.dataset.insert}`);
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}, { capture: true });

function put(box, words) {
  box.value = words;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Between two answers of the server, whose rule is exact, a counter moves by what was typed.
document.addEventListener("input", (event) => {
  const box = event.target;
  if (!box.matches("[data-words]")) return;
  const before = Number(box.dataset.length ?? box.defaultValue.length);
  box.dataset.length = box.value.length;
  const own = box.closest("[data-target]");
  for (const target of composerOf(box).querySelectorAll("[data-target]")) {
    const differs = target.querySelector("[data-words]")?.value;
    if (own ? target === own : !differs) move(target.querySelector("[data-count]"), box.value.length - before);
  }
});

function move(line, change) {
  const number = line?.textContent.match(/\d+/)?.[0];
  if (number === undefined || line.classList.contains("field__counter--over")) return;
  const left = Number(number) - change;
  if (left >= 0) line.textContent = line.textContent.replace(number, String(left));
}

// What is wrong is said once, politely, and again only when it changes.
function say(composer) {
  const said = [...composer.querySelectorAll("[data-problem]")].map((line) => line.textContent.trim()).join(" ");
  const status = composer.querySelector("[data-composer-status]");
  if (status.textContent !== said) status.textContent = said;
}

// The panel of "Later" closes as a menu does: by Escape, or by a press elsewhere.
document.addEventListener("keydown", (event) => {
  const later = event.key === "Escape" && event.target.closest?.("details.later[open]");
  if (!later) return;
  event.preventDefault();
  later.open = false;
  later.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("a")) return; // the summary of mistakes leads into it
  for (const later of document.querySelectorAll("details.later[open]")) {
    if (!later.contains(event.target)) later.open = false;
  }
});

// -- Words that survive ----------------------------------------------------------------
// Until the server has them they are kept in this browser: a lost session loses nothing.

const place = (url) => `words:${url}`;

document.addEventListener("input", (event) => {
  const composer = composerOf(event.target);
  if (!composer) return;
  const words = boxes(composer).map((box) => [box.name, box.value]);
  try { sessionStorage.setItem(place(composer.dataset.draftUrl), JSON.stringify(words)); } catch { /* storage may be full or closed */ }
});

function kept(url) {
  try { return JSON.parse(sessionStorage.getItem(place(url)) ?? "null"); } catch { return null; }
}

function forget(url) {
  try { sessionStorage.removeItem(place(url)); } catch { /* then nothing was kept either */ }
}

function restore(composer) {
  const words = new Map(kept(composer.dataset.draftUrl) ?? []);
  for (const box of boxes(composer)) {
    if (words.get(box.name) && words.get(box.name) !== box.value) put(box, words.get(box.name));
  }
}

// Leaving with words that the server has not got sends them on the way out.
function send(root) {
  for (const composer of root.querySelectorAll("[data-composer]")) {
    const url = composer.dataset.draftUrl;
    if (!kept(url)) continue;
    const body = new FormData(composer.querySelector("form"));
    fetch(url, { method: "POST", body, keepalive: true, credentials: "same-origin", redirect: "error" })
      .then((answer) => { if (answer.ok) forget(url); }, () => {});
  }
}
addEventListener("pagehide", () => send(document));

// A closed dialog is emptied, so that a late answer cannot open it again. The focus goes
// back to the card, whose button may have been replaced meanwhile.
for (const dialog of document.querySelectorAll("dialog.composer-dialog")) {
  dialog.addEventListener("close", () => {
    send(dialog);
    const shown = dialog.querySelector("[data-composer], [data-shared]");
    const draftUrl = shown?.dataset.draftUrl ?? shown?.dataset.shared ?? "";
    dialog.querySelector("#compose-slot").replaceChildren();
    document.querySelector(`a[href="${CSS.escape(draftUrl.replace(/draft\/$/, ""))}"]`)?.focus();
  });
}

// -- With each answer of the server ----------------------------------------------------

document.addEventListener("htmx:after:swap", (event) => {
  const { target, response } = event.detail.ctx;
  if (response?.status >= 400 && response.status !== 422) return; // nothing was swapped
  const composer = target && composerOf(target);
  if (target?.matches?.("[data-draft-state]")) forget(composer.dataset.draftUrl);
  else if (target?.id === "previews") say(composer);
  else wake();
});

document.addEventListener("htmx:response:error", (event) => {
  const { target } = event.detail.ctx;
  if (target?.matches?.("[data-draft-state]")) target.textContent = target.dataset.failed;
});

function wake() {
  document.querySelectorAll("[data-shared]").forEach((shared) => forget(shared.dataset.shared));
  document.querySelectorAll("[data-composer]").forEach(restore);
}
wake();
