// The composer: suggestions by tap, counters that keep up with the typing, drafts that survive.
const form = (element) => element.closest("form");
let lastWords = null; // the box that a suggestion goes into

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-words]")) lastWords = event.target;
});

// A tap on a suggestion puts it into the box: over an untouched suggestion, else below.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  event.preventDefault();
  const box = lastWords?.isConnected && form(lastWords) === button.form ? lastWords : button.form.elements.namedItem("text");
  const offered = [...button.form.querySelectorAll("[data-insert]")].map((one) => one.dataset.insert);
  const untouched = !box.value.trim() || offered.includes(box.value);
  box.value = untouched ? button.dataset.insert : `${box.value.trimEnd()}\n\n${button.dataset.insert}`;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}, { capture: true });

// Between two answers of the server, whose rule is exact, the counter moves by what was typed.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-words]")) return;
  const before = Number(event.target.dataset.length ?? event.target.defaultValue.length);
  event.target.dataset.length = event.target.value.length;
  nudge(event.target, event.target.value.length - before);
});

function nudge(box, change) {
  const targets = [...form(box).querySelectorAll("[data-target]")];
  const own = box.closest("[data-target]");
  for (const target of targets) {
    const ownBox = target.querySelector("[data-words]");
    if (own ? target !== own : ownBox?.value) continue;
    move(target.querySelector("[data-count]"), change);
  }
}

function move(line, change) {
  const number = line?.textContent.match(/\d+/)?.[0];
  if (number === undefined || line.classList.contains("field__counter--over")) return;
  const left = Number(number) - change;
  if (left >= 0) line.textContent = line.textContent.replace(number, String(left));
}

// What is wrong is said once, politely, and again only when it changes.
document.addEventListener("htmx:after:swap", () => {
  for (const composer of document.querySelectorAll("[data-composer]")) {
    const said = [...composer.querySelectorAll("[data-problem]")].map((line) => line.textContent.trim()).join(" ");
    const status = composer.querySelector("[data-composer-status]");
    if (status.textContent !== said) status.textContent = said;
  }
});

// Leaving with words that are not saved yet saves them on the way out.
document.addEventListener("input", (event) => {
  const composer = event.target.closest("[data-composer]");
  if (composer) composer.dataset.unsaved = "yes";
});
document.addEventListener("htmx:before:request", (event) => {
  const composer = event.target.closest?.("[data-composer]");
  const url = event.detail.ctx.request.action;
  if (composer && url !== new URL(composer.dataset.draftUrl.replace("draft/", "preview/"), location.href).pathname) delete composer.dataset.unsaved;
});
document.addEventListener("submit", (event) => {
  const composer = event.target.closest("[data-composer]");
  if (composer) delete composer.dataset.unsaved;
});

function keep(root) {
  for (const composer of root.querySelectorAll("[data-composer][data-unsaved]")) {
    delete composer.dataset.unsaved;
    const body = new FormData(composer.querySelector("form"));
    fetch(composer.dataset.draftUrl, { method: "POST", body, keepalive: true, credentials: "same-origin" });
  }
}
addEventListener("pagehide", () => keep(document));

// A closed dialog is emptied, so that a late answer cannot open it again.
for (const dialog of document.querySelectorAll("dialog.composer-dialog")) {
  dialog.addEventListener("close", () => {
    keep(dialog);
    dialog.querySelector("#compose-slot").replaceChildren();
  });
}
