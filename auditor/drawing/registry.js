(() => {
"use strict";
// Models: filter by words, sort by a column. Rows are moved, never made.
const place = document.getElementById("model-tools"), table = document.querySelector("table.models");
if (!place || !table) return;
const body = table.tBodies[0], rows = [...body.rows], texts = rows.map(row => row.textContent.toLowerCase());
const search = Object.assign(document.createElement("input"), { type: "search", placeholder: "Filter models" });
search.setAttribute("aria-label", "Filter models");
const said = document.createElement("output");
const AT_ONCE = 300;  // laying out ten thousand rows takes seconds
let order = rows.map((_, i) => i), most = AT_ONCE;
const more = Object.assign(document.createElement("button"), { type: "button" });
const show = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(word => word);
  const found = order.filter(i => words.every(word => texts[i].includes(word)));
  body.replaceChildren(...found.slice(0, most).map(i => rows[i]));
  said.textContent = `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
  more.hidden = found.length <= most;
  more.textContent = `Show ${Math.min(AT_ONCE, found.length - most).toLocaleString("en")} more`;
};
more.onclick = () => { most += AT_ONCE; show(); };
table.parentNode.after(more);
search.oninput = () => { most = AT_ONCE; show(); };
place.className = "tools";
place.append(search, said);
const key = (row, column) => {
  const cell = row.cells[column], data = cell.querySelector("data"), text = data ? data.value : cell.textContent.trim();
  return cell.classList.contains("n") ? Number(text.replaceAll(",", "")) || 0 : text;
};
const heads = [...table.tHead.rows[0].cells];
heads.forEach((head, column) => {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: head.textContent });
  button.onclick = () => {
    const down = head.getAttribute("aria-sort") === "ascending" || (column > 1 && head.classList.contains("n") && !head.hasAttribute("aria-sort"));
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keys = rows.map(row => key(row, column));
    order.sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0) * (down ? -1 : 1) || a - b);
    most = AT_ONCE;
    show();
  };
  head.replaceChildren(button);
});
show();
})();
