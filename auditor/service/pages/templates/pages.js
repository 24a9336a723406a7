(() => {
"use strict";
const $ = id => document.getElementById(id), all = (what, from = document) => [...from.querySelectorAll(what)];

// Light, dark, or as the system has it.
const theme = document.querySelector(".theme"), themes = ["", "light", "dark"], words = ["system", "light", "dark"];
const root = document.documentElement.dataset;
const tell = () => { theme.textContent = `theme: ${words[Math.max(0, themes.indexOf(root.theme || ""))]}`; };
theme.hidden = false;
theme.onclick = () => { root.theme = themes[(themes.indexOf(root.theme || "") + 1) % 3]; tell(); };
tell();

// Forms that choose what is shown: at once, without the fields that say nothing.
for (const form of all("form.filter")) {
  const go = () => {
    const said = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    location.assign(form.action.split("?")[0] + (said.size ? `?${said}` : ""));
  };
  form.onsubmit = event => { event.preventDefault(); go(); };
  for (const one of all("select", form)) one.onchange = go;
}

// A page of what moves comes again, as long as it is looked at and nobody is at its forms.
const again = document.querySelector("[data-again]");
if (again) setTimeout(function look() {
  if (document.hidden || document.activeElement?.closest("main form")) setTimeout(look, 1000);
  else location.reload();
}, again.dataset.again * 1000);

// An audit that is on its way: its stages as they come.
const audit = document.querySelector("[data-audit]");
if (audit) {
  const events = new EventSource(`/api/v1/audits/${audit.dataset.audit}/events`), steps = all("#steps li");
  events.addEventListener("stage", event => {
    const job = JSON.parse(event.data), now = job.state === "queued" ? "queued" : job.stage || "fetching";
    const at = steps.findIndex(step => step.dataset.step === now);
    if (at < 0) return;
    steps.forEach((step, i) => {
      step.className = i < at ? "past" : i === at ? "now" : "then";
      step.firstElementChild.textContent = i < at ? "✓" : "";
      i === at ? step.setAttribute("aria-current", "step") : step.removeAttribute("aria-current");
    });
  });
  const end = () => { events.close(); location.reload(); };
  events.addEventListener("done", end);
  events.onerror = () => { events.close(); setTimeout(() => location.reload(), 4000); };
}

// SHA-256 (FIPS 180-4), a piece at a time: crypto.subtle takes a file as a whole, and is not there without TLS.
const hashing = () => {
  const k = [], h = [];
  for (let n = 2; k.length < 64; n++) {
    let prime = true;
    for (let i = 2; i * i <= n; i++) if (n % i === 0) { prime = false; break; }
    if (!prime) continue;
    const part = root => (root - Math.floor(root)) * 4294967296 | 0;
    if (h.length < 8) h.push(part(Math.sqrt(n)));
    k.push(part(Math.cbrt(n)));
  }
  const state = Int32Array.from(h), keys = Int32Array.from(k), w = new Int32Array(64), rest = new Uint8Array(64);
  let kept = 0, length = 0;
  const block = (bytes, at) => {
    for (let i = 0; i < 16; i++, at += 4) w[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3, s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1 | 0;
    }
    let [a, b, c, d, e, f, g, j] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7), t1 = j + s1 + (e & f ^ ~e & g) + keys[i] + w[i] | 0;
      const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10), t2 = s0 + (a & b ^ a & c ^ b & c) | 0;
      j = g; g = f; f = e; e = d + t1 | 0; d = c; c = b; b = a; a = t1 + t2 | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += j;
  };
  const add = bytes => {
    length += bytes.length;
    let at = 0;
    if (kept) {
      at = Math.min(64 - kept, bytes.length);
      rest.set(bytes.subarray(0, at), kept);
      kept += at;
      if (kept < 64) return;
      block(rest, 0);
      kept = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) block(bytes, at);
    rest.set(bytes.subarray(at));
    kept = bytes.length - at;
  };
  const end = () => {
    const bits = length, pad = new Uint8Array((kept < 56 ? 56 : 120) - kept + 8), view = new DataView(pad.buffer);
    pad[0] = 128;
    view.setUint32(pad.length - 8, Math.floor(bits / 536870912));
    view.setUint32(pad.length - 4, bits * 8 >>> 0);
    add(pad);
    return [...state].map(word => (word >>> 0).toString(16).padStart(8, "0")).join("");
  };
  return { add, end };
};

// Upload: several files, in pieces, each hashed before and sent only where it is missing.
const form = $("upload");
if (form) {
  const PIECE = 8 << 20, WHOLE = 64 << 20, drop = $("drop"), file = $("file"), picked = $("picked"), bar = $("progress"), said = $("said"), wrong = $("wrong");
  const field = name => form.elements[name];
  const size = bytes => bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
  let files = [];
  all("[data-more]").forEach(one => { one.hidden = false; });
  file.multiple = true;
  file.removeAttribute("accept");  // external data has any name
  const take = list => {
    files = [...list];
    picked.textContent = files.map(one => `${one.name}, ${size(one.size)}`).join(" · ");
    const model = files.find(one => one.name.endsWith(".onnx"));
    if (model && !field("name").value) field("name").placeholder = model.name.replace(/\.onnx$/, "");
    wrong.hidden = true;
  };
  file.onchange = () => take(file.files);
  drop.ondragover = event => { event.preventDefault(); drop.classList.add("over"); };
  drop.ondragleave = () => drop.classList.remove("over");
  drop.ondrop = event => { event.preventDefault(); drop.classList.remove("over"); file.required = false; take(event.dataTransfer.files); };
  const ask = async (method, address, body, headers = {}) => {
    const answer = await fetch(address, { method, body, headers: { "X-CSRF-Token": field("csrf").value, Accept: "application/json", ...headers } });
    if (answer.ok || answer.status === 409 && method === "PATCH") return answer;
    const problem = await answer.json().catch(() => ({}));
    throw new Error([problem.detail || `the server answered ${answer.status}`, problem.mend].filter(Boolean).join(" — "));
  };
  const json = (address, value) => ask("POST", address, JSON.stringify(value), { "Content-Type": "application/json" }).then(answer => answer.json());
  const show = (part, text) => { bar.firstElementChild.value = part; said.textContent = text; };
  const digest = async (one, before, whole) => {
    if (globalThis.crypto?.subtle && one.size <= WHOLE) {
      show(before / whole * .3, `reading ${one.name}`);
      const found = new Uint8Array(await crypto.subtle.digest("SHA-256", await one.arrayBuffer()));
      return [...found].map(byte => byte.toString(16).padStart(2, "0")).join("");
    }
    const hash = hashing();
    for (let at = 0; at < one.size; at += PIECE) {
      hash.add(new Uint8Array(await one.slice(at, at + PIECE).arrayBuffer()));
      show((before + Math.min(at + PIECE, one.size)) / whole * .3, `reading ${one.name}`);
      await new Promise(done => setTimeout(done));
    }
    return hash.end();
  };
  const send = async (one, sha256, before, whole) => {
    const upload = await json("/api/v1/uploads", { size: one.size, sha256 });
    let at = upload.offset, tries = 0;
    if (upload.done) return;  // the project has it
    do {
      try {
        const answer = await ask("PATCH", `/api/v1/uploads/${upload.id}`, one.slice(at, at + PIECE), { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(at) });
        if (answer.status === 409) at = +(await ask("HEAD", `/api/v1/uploads/${upload.id}`)).headers.get("Upload-Offset");
        else { at = +answer.headers.get("Upload-Offset"); tries = 0; }
      } catch (error) {
        if (!(error instanceof TypeError) || ++tries > 5) throw error;  // the network was gone: ask how far it came
        said.textContent = "the connection was cut: trying again";
        await new Promise(done => setTimeout(done, 1000 * 2 ** tries));
        at = +(await ask("HEAD", `/api/v1/uploads/${upload.id}`)).headers.get("Upload-Offset");
      }
      show(.3 + (before + at) / whole * .7, `sending ${one.name}: ${size(at)} of ${size(one.size)}`);
    } while (at < one.size);
  };
  form.onsubmit = async event => {
    if (!files.length) return;
    event.preventDefault();
    const button = form.querySelector("button"), whole = files.reduce((sum, one) => sum + one.size, 0) || 1;
    button.disabled = true; bar.hidden = false; wrong.hidden = true;
    try {
      const content = {};
      let before = 0;
      for (const one of files) { content[one.name] = await digest(one, before, whole); before += one.size; }
      before = 0;
      for (const one of files) { await send(one, content[one.name], before, whole); before += one.size; }
      const model = files.find(one => one.name.endsWith(".onnx")) || files[0];
      const name = field("name").value || model.name.replace(/\.onnx$/, ""), version = field("version").value || content[model.name].slice(0, 12);
      const kept = await json("/api/v1/models", { name, version, files: content, path: model.name });
      show(1, "asking for the audit");
      location.assign(`/audits/${(await json("/api/v1/audits", { version_id: kept.id })).id}`);
    } catch (error) {
      wrong.firstElementChild.textContent = error.message;
      wrong.hidden = false; bar.hidden = true; button.disabled = false;
      wrong.scrollIntoView({ block: "nearest" });
    }
  };
}
})();
