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
  const already = [...toasts.querySelectorAll(".toast__text")].some((line) => line.textContent === text);
  if (already) return;
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

// A swapped-in fragment may say what changed: <p class="sr" data-announce>…</p>.
// The target of an outerHTML swap is gone by now, so the whole page is searched.
document.addEventListener("htmx:after:swap", () => {
  const lines = document.querySelectorAll("[data-announce]:not([data-said])");
  lines.forEach((line) => { line.dataset.said = "yes"; });
  if (lines.length) announce([...lines].map((line) => line.textContent.trim()).join(" "));
});

const unswapped = (status) => status >= 500 || [403, 404, 413].includes(status);
document.addEventListener("htmx:response:error", (event) => {
  if (unswapped(event.detail.ctx.response.status)) toast(document.body.dataset.failed, "bad");
});
document.addEventListener("htmx:error", () => toast(document.body.dataset.offline, "bad"));
