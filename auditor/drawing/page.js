(() => {
"use strict";
const all = (what, from = document) => [...from.querySelectorAll(what)];
const make = (tag, give = {}, ...inside) => { const it = Object.assign(document.createElement(tag), give); it.append(...inside); return it; };

// Light, dark, or as the system has it.
const bar = document.querySelector(".brand");
if (bar) {
  const themes = ["", "light", "dark"], words = ["theme: system", "theme: light", "theme: dark"];
  let at = Math.max(0, themes.indexOf(document.documentElement.dataset.theme || ""));
  const button = make("button", { type: "button", className: "theme", textContent: words[at] });
  button.onclick = () => { at = (at + 1) % 3; button.textContent = words[at]; document.documentElement.dataset.theme = themes[at]; };
  bar.append(button);
}

// Findings: by severity and by words.
const cards = document.querySelector("#findings > .cards");
if (cards && cards.children.length > 5) {
  const tools = make("div", { className: "tools" }), off = new Set();
  const search = make("input", { type: "search", placeholder: "Filter findings" });
  search.setAttribute("aria-label", "Filter findings");
  const said = make("output"), texts = [...cards.children].map(card => card.textContent.toLowerCase());
  const show = () => {
    const word = search.value.toLowerCase();
    let seen = 0;
    [...cards.children].forEach((card, i) => {
      card.hidden = !texts[i].includes(word) || off.has(card.classList[1]);
      seen += !card.hidden;
    });
    said.textContent = `${seen.toLocaleString("en")} of ${texts.length.toLocaleString("en")}`;
  };
  tools.append(search);
  for (const kind of ["error", "warning", "note"]) {
    if (!cards.querySelector(`:scope > .${kind}`)) continue;
    const box = make("input", { type: "checkbox", checked: true });
    box.onchange = () => { box.checked ? off.delete(kind) : off.add(kind); show(); };
    tools.append(make("label", {}, box, ` ${kind}s`));
  }
  tools.append(said);
  search.oninput = show;
  cards.before(tools);
  show();
}

// Layers: sort, filter, choose columns; of many rows only those that are seen are laid out.
const place = document.getElementById("layer-tools");
let goTo = () => false;
if (place) {
  const waiting = document.getElementById("layer-rows"), HIGH = 33, MANY = 1500;
  if (waiting) {
    const text = waiting.textContent, from = text.indexOf("<tbody>");
    const holder = make("div");
    holder.innerHTML = text.slice(0, from) + "<tbody></tbody></table></div>";
    waiting.replaceWith(...holder.childNodes);
    waiting.rows = text.slice(from + 8, text.lastIndexOf("</tbody>")).split("\n").filter(line => line);
  }
  const table = document.querySelector("table.layers"), body = table.tBodies[0], box = table.parentNode;
  const rows = waiting ? waiting.rows : [...body.rows].map(row => row.outerHTML.replaceAll("\n", ""));
  const plain = document.createElement("textarea");
  const read = html => { if (!html.includes("&")) return html; plain.innerHTML = html; return plain.value; };
  const cells = row => row.slice(row.indexOf("<th")).split(/<t[hd][^>]*>/).slice(1).map(cell => cell.replace(/<[^>]*>/g, ""));
  let parts = null, shown = rows.map((_, i) => i), sorted = -1, down = true, found = null;
  const part = () => parts ||= rows.map(cells);
  const number = text => text === "" ? 0 : /^[\d,]+$/.test(text) ? +text.replaceAll(",", "") : -1;
  const said = make("output"), graph = document.querySelector(".sheets");
  const whole = row => !waiting ? row : row.replace(/(l-([\d-]+)[^>]*>)<th>([^<]*)/, graph ? "$1<th scope=row><a href=#n-$2>$3</a>" : "$1<th scope=row>$3");
  const paint = () => {
    if (shown.length <= MANY) { body.innerHTML = shown.map(i => whole(rows[i])).join(""); return; }
    const first = Math.max(0, Math.floor(box.scrollTop / HIGH) - 30), last = Math.min(shown.length, first + 120);
    if (body.first === first && body.of === shown) return;
    body.first = first; body.of = shown;
    body.innerHTML = `<tr class="gap"><td colspan="7"></td></tr>${shown.slice(first, last).map(i => whole(rows[i])).join("")}<tr class="gap"><td colspan="7"></td></tr>`;
    const gap = (row, n) => { row.hidden = !n; row.firstChild.style.cssText = `height:${n * HIGH}px;padding:0;border:0`; };
    gap(body.firstChild, first); gap(body.lastChild, shown.length - last);
    all("tr[id]", body).forEach(row => row.classList.toggle("here", row.id === found));
  };
  const arrange = () => {
    const word = search.value.toLowerCase();
    shown = rows.map((_, i) => i);
    if (word) shown = shown.filter(i => read(part()[i][0] + " " + part()[i][1] + " " + part()[i][2]).toLowerCase().includes(word));
    if (sorted >= 0) {
      const keys = part().map(row => sorted > 2 ? number(row[sorted]) : row[sorted]);
      const more = sorted > 2 ? (a, b) => keys[b] - keys[a] : (a, b) => keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0;
      shown.sort((a, b) => (down ? more(a, b) : more(b, a)) || a - b);
    }
    said.textContent = `${shown.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
    body.of = null;
    paint();
  };
  const search = make("input", { type: "search", placeholder: "Filter layers", oninput: arrange });
  search.setAttribute("aria-label", "Filter layers");
  const tools = make("div", { className: "tools" }, search, said);
  all("th", table.tHead).forEach((head, i) => {
    const button = make("button", { type: "button", textContent: head.textContent });
    button.onclick = () => {
      if (sorted !== i) { sorted = i; down = true; } else if (down) down = false; else sorted = -1;
      all("th", table.tHead).forEach((other, j) => {
        const way = j !== sorted ? "none" : (sorted > 2) === down ? "descending" : "ascending";
        other.setAttribute("aria-sort", way);
        other.firstChild.textContent = other.firstChild.textContent.replace(/ [↑↓]$/, "") + ({ ascending: " ↑", descending: " ↓" }[way] || "");
      });
      box.scrollTop = 0;
      arrange();
    };
    if (i) {
      const choice = make("input", { type: "checkbox", checked: true });
      choice.onchange = () => table.classList.toggle(`h${i + 1}`, !choice.checked);
      tools.append(make("label", {}, choice, ` ${head.textContent}`));
    }
    head.replaceChildren(button);
  });
  place.append(tools);
  box.addEventListener("scroll", () => { if (shown.length > MANY) requestAnimationFrame(paint); }, { passive: true });
  goTo = id => {
    const key = `id=${id}`, at = rows.findIndex(row => row.includes(key + ">") || row.includes(key + " ") || row.includes(`id="${id}"`));
    if (at < 0) return false;
    if (!shown.includes(at)) { search.value = ""; sorted = -1; arrange(); }
    found = id;
    if (shown.length > MANY) { box.scrollTop = Math.max(0, shown.indexOf(at) * HIGH - 120); body.of = null; }
    paint();
    const row = document.getElementById(id);
    all("tr.here", body).forEach(other => other.classList.remove("here"));
    if (row) { row.classList.add("here"); row.scrollIntoView({ block: "center" }); }
    return true;
  };
  arrange();
}

// Cards above get their true heights when they are first seen: go again until the way there is what it was.
const goThere = (it, times) => {
  it.scrollIntoView({ behavior: "instant" });
  const at = it.getBoundingClientRect().top;
  if (times) requestAnimationFrame(() => requestAnimationFrame(() => {
    if (Math.abs(it.getBoundingClientRect().top - at) > 1) goThere(it, times - 1);
  }));
};

// A link into what is folded away opens it.
const open = () => {
  const id = decodeURIComponent(location.hash.slice(1));
  if (id.startsWith("l-") && goTo(id)) return;
  const it = id && document.getElementById(id);
  if (!it) return;
  for (let up = it; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
  if (it.hidden) it.hidden = false;
  if (/^(m\d+-)?[fr]-/.test(id)) goThere(it, 8);
};
addEventListener("hashchange", open);
document.addEventListener("click", event => {  // a second click on the same link, too
  const link = event.target.closest?.("a[href^='#']");
  if (link && link.hash === location.hash) open();
});
open();
})();
