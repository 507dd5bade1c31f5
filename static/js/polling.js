// What asks again by itself rests while nobody looks, and while somebody types in it.
document.addEventListener("htmx:before:request", (event) => {
  const asking = event.target;
  if (!asking.matches?.("[data-poll]")) return;
  const busy = document.activeElement?.closest("[data-poll] details[open]");
  if (document.hidden || busy) event.preventDefault();
});
