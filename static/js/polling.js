// What asks again by itself rests while nobody looks, and while somebody types in it or has typed.
document.addEventListener("htmx:before:request", (event) => {
  const asking = event.target;
  if (!asking.matches?.("[data-poll]")) return;
  const busy = document.activeElement?.closest("[data-poll] details[open]");
  const typed = [...asking.querySelectorAll("details[open] input")].some((one) => one.value !== one.defaultValue);
  if (document.hidden || busy || typed) event.preventDefault();
});

// What had the focus may be gone, or hidden, in the new version: the focus stays with its share.
let share;
document.addEventListener("htmx:before:swap", () => {
  share = document.activeElement?.closest("[data-share]")?.dataset.share;
});
document.addEventListener("htmx:after:swap", () => {
  if (!share || document.activeElement !== document.body) return;
  const entry = document.querySelector(`[data-share="${share}"]`);
  (entry?.querySelector("summary") ?? entry)?.focus({ preventScroll: true });
});
