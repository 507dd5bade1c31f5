// What happened, said aloud and shown: toasts, the polite status line, and failed requests.
const toasts = document.getElementById("toasts");
const SYMBOLS = { good: "success", warn: "alert", bad: "error" };
const announcer = document.getElementById("announcer");

// A modal dialog makes everything outside it inert, so the lines move in with it and out again.
function moveToTheFront() {
  const host = [...document.querySelectorAll("dialog:modal")].pop() ?? document.body;
  for (const element of [toasts, announcer]) if (element.parentElement !== host) host.append(element);
}
document.addEventListener("close", moveToTheFront, { capture: true });

export function announce(text) {
  moveToTheFront();
  announcer.textContent = "";
  setTimeout(() => { announcer.textContent = text; }, 50);
}

export function toast(text, tone = "info") {
  moveToTheFront();
  const pattern = document.getElementById("toast-pattern");
  const copy = pattern.content.firstElementChild.cloneNode(true);
  copy.classList.add(`toast--${tone}`);
  copy.setAttribute("role", tone === "bad" ? "alert" : "status");
  copy.querySelector(".toast__text").textContent = text;
  const symbol = copy.querySelector("use");
  symbol.setAttribute("href", symbol.getAttribute("href").replace(/#.*/, `#${SYMBOLS[tone] ?? "info"}`));
  toasts.append(copy);
  settle(copy);
}

// Good news leaves by itself; a problem stays until it is dismissed.
function settle(element) {
  if (element.matches(".toast--bad, .toast--warn")) return;
  let timer = setTimeout(() => element.remove(), 8000);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("focusin", () => clearTimeout(timer));
}

for (const element of toasts.querySelectorAll("[data-toast]")) {
  announce(element.querySelector(".toast__text").textContent);
  settle(element);
}
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node.matches?.("[data-toast]")) settle(node);
  }
}).observe(toasts, { childList: true });

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
});

// A server answer may carry HX-Trigger: {"announce": "3 items"} or {"toast": {"text": "…", "tone": "good"}}.
document.addEventListener("announce", (event) => announce(event.detail.value));
document.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.tone));

// A swapped-in fragment may say what changed: <p data-announce>…</p>.
document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail?.ctx?.target;
  const line = target?.querySelector?.("[data-announce]");
  if (line) announce(line.textContent.trim());
});

const unswapped = (status) => status >= 500 || [403, 404, 413].includes(status);
document.addEventListener("htmx:response:error", (event) => {
  if (unswapped(event.detail.ctx.response.status)) toast(document.body.dataset.failed, "bad");
});
document.addEventListener("htmx:error", () => toast(document.body.dataset.offline, "bad"));
