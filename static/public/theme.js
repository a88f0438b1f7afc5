// Runs before the first paint (a module would run after it): a person who chose the light theme or larger text never sees
// the screen flash. The key and the values are those of src/state/prefs.ts.
(() => {
  try {
    const prefs = JSON.parse(localStorage.getItem("insats.prefs") || "{}");
    const root = document.documentElement;
    if (["light", "system"].includes(prefs.theme)) root.dataset.theme = prefs.theme;
    if (["l", "xl"].includes(prefs.text)) root.dataset.text = prefs.text;
    if (prefs.language === "en") root.lang = "en";
  } catch {
    // No storage: the defaults in index.html stand.
  }
})();
