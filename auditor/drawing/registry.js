(() => {
"use strict";
// Models: filter by words, sort by a column. Rows are moved and hidden, never made.
const place = document.getElementById("model-tools"), table = document.querySelector("table.models");
if (!place || !table) return;
const body = table.tBodies[0], rows = [...body.rows], texts = rows.map(row => row.textContent.toLowerCase());
const search = Object.assign(document.createElement("input"), { type: "search", placeholder: "Filter models" });
search.setAttribute("aria-label", "Filter models");
const said = document.createElement("output");
const show = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(word => word);
  let seen = 0;
  rows.forEach((row, i) => { row.hidden = !words.every(word => texts[i].includes(word)); seen += !row.hidden; });
  said.textContent = `${seen.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
};
search.oninput = show;
place.className = "tools";
place.append(search, said);
const key = (row, column) => {
  const cell = row.cells[column], data = cell.querySelector("data"), text = data ? data.value : cell.textContent.trim();
  return column > 3 || column === 0 ? Number(text.replaceAll(",", "")) || 0 : text;
};
const heads = [...table.tHead.rows[0].cells];
heads.forEach((head, column) => {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: head.textContent });
  button.onclick = () => {
    const down = head.getAttribute("aria-sort") === "ascending" || (column > 3 && !head.hasAttribute("aria-sort"));
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keys = new Map(rows.map(row => [row, key(row, column)]));
    const order = [...rows].sort((a, b) => (keys.get(a) < keys.get(b) ? -1 : keys.get(a) > keys.get(b) ? 1 : 0) * (down ? -1 : 1));
    body.append(...order);
  };
  head.replaceChildren(button);
});
show();
})();
