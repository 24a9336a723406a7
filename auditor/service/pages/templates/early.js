(() => {
"use strict";
const root = document.documentElement, key = "theme";
try {
  const kept = localStorage.getItem(key);
  if (kept) root.dataset.theme = kept;
  new MutationObserver(() => localStorage.setItem(key, root.dataset.theme || "")).observe(root, { attributeFilter: ["data-theme"] });
} catch { /* a browser that keeps nothing */ }
})();
