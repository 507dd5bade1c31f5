// Light or dark at once, without a round trip; the cookie tells the server for the next page.
const root = document.documentElement;

function show(theme) {
  root.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-theme-form] [name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${event.submitter.value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  show(event.submitter.value);
});
