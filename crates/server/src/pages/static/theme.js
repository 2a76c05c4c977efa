// Runs before the first paint, so that a page in the dark theme never flashes white. Without a choice of the reader
// the style sheet follows the system.
(() => {
  const KEY = "closecast-theme";
  const root = document.documentElement;
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

  try {
    const chosen = localStorage.getItem(KEY);
    if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }

  const announce = () => document.dispatchEvent(new Event("themechange"));
  systemIsDark.addEventListener("change", announce);

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark.matches;
      root.dataset.theme = dark ? "light" : "dark";
      try {
        localStorage.setItem(KEY, root.dataset.theme);
      } catch {
        // As above.
      }
      announce();
    });
  });
})();
