(() => {
"use strict";
const holder = document.querySelector(".sheets"), block = document.getElementById("graph-data");
if (!holder || !block) return;
const data = JSON.parse(block.textContent);
const make = (tag, give = {}, ...inside) => { const it = Object.assign(document.createElement(tag), give); it.append(...inside); return it; };
const count = n => typeof n === "number" ? n.toLocaleString("en") : n ?? "unknown";
const sheets = [...holder.children], lists = [], users = [], lights = [], scales = [];
const boxes = s => lists[s] ||= [...sheets[s].querySelector(".boxes").children];
const view = s => sheets[s].querySelector(".view");
const drawing = s => sheets[s].querySelector("svg");
const title = box => box.firstElementChild.textContent;
const op = box => box.querySelector("text").textContent;
let now = -1, picked = null, stop = null;

// What is known of a box.
const row = (s, i) => {
  const it = data.sheets[s][i], own = Array.isArray(it);
  const [attributes = 0, made = [], stored = [], parameters = 0, macs = 0, bytes = 0, formula = 0, names = [], sources = []] = data.kinds[own ? it[0] : it];
  return { attributes, made, stored, parameters, macs, bytes, formula, names: own && it[1] || names, sources: (own && it[2] || sources).map(step => i - step) };
};
const tensor = (name, label) => name[0] === "=" ? label + name.slice(1) : name.slice(1);
const takers = (s, i) => {
  if (!users[s]) {
    users[s] = data.sheets[s].map(() => []);
    data.sheets[s].forEach((_, to) => row(s, to).sources.forEach(from => users[s][from].push(to)));
  }
  return users[s][i];
};

// Tools, sheets and the panel.
const panel = make("aside", { className: "panel", hidden: true });
panel.setAttribute("aria-label", "The node that is chosen");
const search = make("input", { type: "search", placeholder: "Find a node or tensor" });
search.setAttribute("aria-label", "Find a node or tensor in the graph");
const said = make("output");
const button = (text, label, onclick) => { const it = make("button", { type: "button", textContent: text, onclick }); it.setAttribute("aria-label", label); it.title = label; return it; };
const tools = make("div", { className: "tools" }, search,
  button("↑", "Hit before this one", () => next(-1)), button("↓", "Next hit", () => next(1)), said,
  button("−", "Smaller", () => zoom(scales[now] / 1.4)), button("+", "Larger", () => zoom(scales[now] * 1.4)),
  button("1:1", "Natural size", () => zoom(1)), button("Fit", "Show all of it", () => fit()));
const board = make("div", { className: "board" });
holder.before(tools, board);
board.append(holder, panel);
holder.classList.add("live");

const show = s => {
  if (s === now || !sheets[s]) return;
  sheets[now]?.classList.remove("on");
  sheets[s].classList.add("on");
  now = s;
  if (scales[s]) return;
  scales[s] = 1;
  drawing(s).setAttribute("viewBox", `0 0 ${drawing(s).getAttribute("width")} ${drawing(s).getAttribute("height")}`);
  view(s).removeAttribute("tabindex");
  for (const link of drawing(s).querySelectorAll("a")) link.setAttribute("tabindex", "-1");
  halt(boxes(s)[0]);
  const wide = drawing(s).viewBox.baseVal.width, room = view(s).clientWidth - 20;
  if (wide > room) zoom(Math.max(room / wide, .3));
  view(s).scrollLeft = (view(s).scrollWidth - view(s).clientWidth) / 2;
};

// One Tab stop: the box where the keyboard is.
const halt = box => {
  if (!box) return;
  if (stop && stop.parentNode === box.parentNode) { stop.setAttribute("tabindex", "-1"); if (stop.tagName === "g") stop.removeAttribute("role"); }
  box.setAttribute("tabindex", "0");
  if (box.tagName === "g") box.setAttribute("role", box.querySelector("a") ? "group" : "button");
  stop = box;
};

const zoom = (to, x, y) => {
  const pane = view(now), svg = drawing(now), { width, height } = svg.viewBox.baseVal, at = pane.getBoundingClientRect();
  x ??= at.left + at.width / 2; y ??= at.top + at.height / 2;
  to = Math.min(Math.max(to, .02), 4, 1.5e7 / Math.max(width, height));
  const before = svg.getBoundingClientRect(), right = (x - before.left) / scales[now], down = (y - before.top) / scales[now];
  scales[now] = to;
  svg.setAttribute("width", width * to);
  svg.setAttribute("height", height * to);
  const after = svg.getBoundingClientRect();
  pane.scrollLeft += after.left + right * to - x;
  pane.scrollTop += after.top + down * to - y;
};
const fit = () => {
  zoom(1);  // a pane is no higher than what it shows
  const { width, height } = drawing(now).viewBox.baseVal, pane = view(now);
  zoom(Math.min(1, (pane.clientWidth - 8) / width, (pane.clientHeight - 8) / height));
};
const centre = box => {
  const it = box.getBoundingClientRect(), pane = view(now), at = pane.getBoundingClientRect();
  pane.scrollLeft += it.left + it.width / 2 - at.left - at.width / 2;
  pane.scrollTop += it.top + it.height / 2 - at.top - at.height / 2;
};
const seen = box => {
  const it = box.getBoundingClientRect(), at = view(now).getBoundingClientRect();
  return it.left >= at.left && it.right <= at.right && it.top >= at.top && it.bottom <= at.bottom;
};

// What leads to a fault: to the chosen one's, else to any.
const light = (s, i) => {
  const all = boxes(s), sheet = sheets[s];
  const first = lights[s] ||= new Set(all.flatMap((box, k) => box.classList.contains("lit") ? [k] : []));
  let wanted = first;
  const one = i >= 0 && /\b(error|warning|note)\b/.test(all[i].getAttribute("class"));
  if (one) {
    wanted = new Set([i]);
    for (const k of wanted) for (const from of row(s, k).sources) wanted.add(from);
  }
  sheet.classList.toggle("single", one);
  if (first.size) all.forEach((box, k) => box.classList.toggle("lit", wanted.has(k)));
};

const pick = (box, move) => {
  picked?.classList.remove("picked");
  const last = picked && sheets.indexOf(picked.closest(".sheet"));
  picked = box;
  if (!box) { panel.hidden = true; board.classList.remove("told-of"); if (last !== null) light(last, -1); return; }
  box.classList.add("picked");
  halt(box);
  const i = boxes(now).indexOf(box);
  light(now, i);
  tell(now, i);
  if (move || !seen(box)) centre(box);
};

const listed = (head, items) => items.length ? [make("h4", { textContent: head }), make("ul", {}, ...items.map(item => make("li", {}, item)))] : [];
const pairs = (head, found) => found.length ? [make("h4", { textContent: head }), make("dl", {}, ...found.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]))] : [];
const way = (s, i) => {
  const box = boxes(s)[i], text = op(box) === title(box) ? op(box) : `${op(box)}  ${title(box)}`;
  return box.id ? make("a", { href: `#${box.id}`, textContent: text }) : make("button", { type: "button", textContent: text, onclick: () => pick(box, true) });
};
const some = (found, most = 40) => found.length > most ? [...found.slice(0, most), `and ${count(found.length - most)} more`] : found;
const tell = (s, i) => {
  const box = boxes(s)[i], label = title(box), it = row(s, i), key = `${s},${i}`;
  const names = it.names.map(name => tensor(name, label)), texts = data.texts;
  const close = button("✕", "Close", () => { pick(null); stop?.focus({ preventScroll: true }); });
  close.className = "close";
  const marks = (data.marked[key] || []).map(k => {
    const [fingerprint, severity, rule] = data.findings[k], card = document.getElementById(`f-${fingerprint}`);
    const inside = [make("a", { href: `#f-${fingerprint}`, className: `sign ${severity}`, textContent: `${severity}: ${rule}` })];
    const message = card?.querySelector(".message"), chain = card?.querySelector(".chain");
    if (message) inside.push(make("p", { textContent: message.textContent }));
    if (chain) inside.push(chain.cloneNode(true));
    return make("div", {}, ...inside);
  });
  const links = [...box.querySelectorAll("a"), ...(box.tagName === "a" ? [box] : [])].map(link => {
    const to = link.getAttribute("href");
    return make("a", { href: to, textContent: document.querySelector(`${to} .trail b`)?.textContent ?? "open" });
  });
  const costs = [["parameters", it.parameters], ["MACs", it.macs], ["bytes of outputs", it.bytes]].filter(([, n]) => n !== 0).map(([what, n]) => [what, count(n)]);
  panel.replaceChildren(close, make("h3", { textContent: op(box) }), make("code", { textContent: label }),
    ...listed("Findings", marks), ...listed("Changed", data.changes[key] || []), ...listed("Opens", links),
    ...pairs("Costs", costs),
    ...listed("Gives", it.made.map((text, k) => `${names[k]}  ${texts[text]}`)),
    ...(it.formula ? [make("p", { textContent: texts[it.formula] })] : []),
    ...listed("Takes", some(it.sources.map(from => way(s, from)))),
    ...listed("Stored", it.stored.map((text, k) => `${names[it.made.length + k]}  ${texts[text]}`)),
    ...listed("Taken by", some(takers(s, i).map(to => way(s, to)))),
    ...pairs("Attributes", data.attributes[it.attributes]));
  if (box.id && document.getElementById("layers")) panel.append(make("p", {}, make("a", { href: box.id.replace("n-", "#l-"), textContent: "Its row among the layers" })));
  panel.hidden = false;
  board.classList.add("told-of");
};

// Search, over the names of nodes and tensors and over operators.
let index = null, hits = [], at = -1, timer = 0;
const words = () => index ||= sheets.flatMap((_, s) => boxes(s).map((box, i) => {
  const label = title(box);
  return [s, i, [label, op(box), ...row(s, i).names.map(name => tensor(name, label))].join("\n").toLowerCase()];
}));
const find = () => {
  for (const box of holder.querySelectorAll(".hit")) box.classList.remove("hit");
  const word = search.value.trim().toLowerCase();
  hits = word ? words().filter(([, , text]) => text.includes(word)) : [];
  const whole = hits.findIndex(([, , text]) => text.split("\n").includes(word));
  for (const [s, i] of hits.slice(0, 2000)) boxes(s)[i].classList.add("hit");
  at = whole > 0 ? whole - 1 : -1;
  said.textContent = word && !hits.length ? "not found" : "";
  next(1);
};
const next = step => {
  if (!hits.length) return;
  at = (at + step + hits.length) % hits.length;
  said.textContent = `${count(at + 1)} of ${count(hits.length)}`;
  show(hits[at][0]);
  pick(boxes(now)[hits[at][1]], true);
  face();
};
search.oninput = () => { clearTimeout(timer); timer = setTimeout(find, 150); };
search.onkeydown = event => {
  if (event.key === "Enter") { event.preventDefault(); clearTimeout(timer); hits.length && timer === 0 ? next(event.shiftKey ? -1 : 1) : find(); timer = 0; }
};

// Links to sheets and nodes.
const face = () => {  // the pane in the window
  const { top, height } = view(now).getBoundingClientRect();
  if (top < 50 || top + height / 2 > innerHeight - 80) tools.scrollIntoView({ block: "start", behavior: "instant" });
};
const go = () => {
  const id = location.hash.slice(1);
  if (/^s-\d+$/.test(id)) { pick(null); show(+id.slice(2)); face(); return; }
  const box = /^n-\d+-\d+$/.test(id) && document.getElementById(id)?.closest(".boxes>*");
  if (!box) return;
  show(sheets.indexOf(box.closest(".sheet")));
  pick(box, true);
  face();
};
addEventListener("hashchange", go);
document.addEventListener("click", event => {  // a second click on the same link, too
  const link = event.target.closest?.("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) go();
});

// Mouse, wheel and fingers.
let drag = null;
holder.addEventListener("dragstart", event => event.preventDefault());
holder.addEventListener("pointerdown", event => {
  const pane = event.target.closest(".view");
  if (event.pointerType === "mouse" && event.button === 0 && pane) drag = { pane, x: event.clientX, y: event.clientY, left: pane.scrollLeft, top: pane.scrollTop, moved: false };
});
holder.addEventListener("pointermove", event => {
  if (!drag) return;
  if (!(event.buttons & 1)) { drag.pane.classList.remove("held"); drag = null; return; }
  const right = event.clientX - drag.x, down = event.clientY - drag.y;
  if (!drag.moved && Math.hypot(right, down) < 5) return;
  if (!drag.moved) { drag.moved = true; drag.pane.classList.add("held"); drag.pane.setPointerCapture(event.pointerId); }
  drag.pane.scrollLeft = drag.left - right;
  drag.pane.scrollTop = drag.top - down;
});
let dragged = false;
holder.addEventListener("pointerup", () => { dragged = !!drag?.moved; drag?.pane.classList.remove("held"); drag = null; });
holder.addEventListener("click", event => {
  if (dragged) { dragged = false; event.preventDefault(); event.stopPropagation(); return; }
  const box = event.target.closest(".boxes>*");
  if (!box || event.target.closest("a")) return;
  choose(box);
}, true);
const choose = box => {
  pick(box);
  box.focus({ preventScroll: true });
  if (box.id) try { history.replaceState(null, "", `#${box.id}`); } catch { /* a page without an address */ }
};
holder.addEventListener("wheel", event => {
  if (!event.ctrlKey && !event.metaKey || !event.target.closest(".view")) return;
  event.preventDefault();
  zoom(scales[now] * Math.exp(-event.deltaY * (event.deltaMode ? .05 : .004)), event.clientX, event.clientY);
}, { passive: false });
let pinch = 0;
const apart = touches => Math.hypot(touches[0].clientX - touches[1].clientX, touches[0].clientY - touches[1].clientY);
holder.addEventListener("touchstart", event => { pinch = event.touches.length === 2 ? apart(event.touches) / scales[now] : 0; }, { passive: true });
holder.addEventListener("touchmove", event => {
  if (!pinch || event.touches.length !== 2) return;
  event.preventDefault();
  const [one, two] = event.touches;
  zoom(apart(event.touches) / pinch, (one.clientX + two.clientX) / 2, (one.clientY + two.clientY) / 2);
}, { passive: false });

// Keys.
holder.addEventListener("keydown", event => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "+" || event.key === "=") zoom(scales[now] * 1.4);
  else if (event.key === "-") zoom(scales[now] / 1.4);
  else if (event.key === "0") fit();
  else {
    const box = event.target.closest(".boxes>*");
    if (!box) return;
    const all = boxes(now), i = all.indexOf(box);
    const to = { ArrowDown: () => takers(now, i)[0] ?? i + 1, ArrowUp: () => row(now, i).sources[0] ?? i - 1, ArrowRight: () => i + 1, ArrowLeft: () => i - 1, Home: () => 0, End: () => all.length - 1 }[event.key];
    if (to) {
      const there = all[to()];
      if (there) { halt(there); there.focus({ preventScroll: true }); if (!seen(there)) centre(there); }
    } else if ((event.key === "Enter" || event.key === " ") && box.tagName === "g" && event.target === box) choose(box);
    else return;
  }
  event.preventDefault();
});
addEventListener("keydown", event => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest?.("input,textarea,select") && event.key !== "Escape") return;
  if (event.key === "/") search.focus();
  else if ((event.key === "n" || event.key === "p") && hits.length) next(event.key === "n" ? 1 : -1);
  else if (event.key === "Escape" && picked) { pick(null); return; }
  else return;
  event.preventDefault();
});

show(0);
go();
addEventListener("load", () => setTimeout(go));  // behind the browser's own leap to an address
})();
