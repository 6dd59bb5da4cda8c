// Files of a reply: dropped, pasted or chosen. Each goes up by itself, says how far it is, and why it was refused.
import { $, $$, fragment, on, parse, say, words } from "./page.js";

const form = () => $("#composer");
const isNote = () => $("#mode-note")?.checked;
let going = 0, waiting = null; // uploads on their way; the button pressed meanwhile

const csrf = () => ({ "X-CSRFToken": $("meta[name=csrf]").content, "HX-Request": "true" });
const post = (url, values = {}) => fetch(url, { method: "POST", headers: csrf(), body: new URLSearchParams(values), credentials: "same-origin" });

function add(files) {
  for (const file of files) up(file, form());
}

function up(file, { dataset }) {
  const row = $("#file-going").content.firstElementChild.cloneNode(true), name = file.name;
  $("bdi", row).textContent = name;
  $("#files").append(row);
  const reason = isNote() ? words("noteFiles") : dataset.refuse ?? (file.size > dataset.most ? dataset.large.replace("{}", name) : "");
  if (reason) return refused(row, reason);
  const ask = new XMLHttpRequest(), body = new FormData(), bar = $("progress", row);
  body.append("file", file);
  ask.open("POST", dataset.files);
  for (const [key, value] of Object.entries(csrf())) ask.setRequestHeader(key, value);
  ask.upload.onprogress = ({ loaded, total }) => { bar.max = total; bar.value = loaded; };
  ask.onload = () => (ask.status === 201 ? arrived(row, parse(ask.response)) : refused(row, parse(ask.response).textContent.trim() || words("failed")));
  ask.onerror = () => refused(row, words("failed"));
  ask.onloadend = () => { if (!--going) waiting?.click(); if (!going) waiting = null; };
  row.abort = () => ask.abort();
  going++;
  ask.send(body);
}

function arrived(row, rows) {
  if (document.getElementById(rows.firstElementChild.id)) row.remove(); // another way told of it first
  else row.replaceWith(rows);
}

function refused(row, reason) {
  waiting = null;
  row.className = "refused";
  $("progress", row)?.remove();
  $("bdi", row).textContent = reason;
  say(reason, true);
}

on("click", "[data-away]", async (event, button) => {
  event.preventDefault();
  const row = button.closest("li"), url = button.dataset.away;
  row.abort?.();
  if (url && !(await post(url).catch(() => ({}))).ok) return say(words("failed"), true);
  const near = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  ((near && $("[data-away]", near)) ?? $("#reply-text"))?.focus();
});
on("click", "[data-no-files]", (_event, button) => say(button.title, true));
on("change", "[data-alt]", (_event, field) => post(field.dataset.alt, { alt: field.value }).catch(() => say(words("failed"), true)));
on("change", "#file-choice", (_event, input) => { add(input.files); input.value = ""; });
on("paste", "#composer textarea", (event) => {
  const { files, types } = event.clipboardData;
  if (!files.length || types.includes("text/plain")) return; // a sheet's cells come as a picture too
  event.preventDefault();
  add(files);
});
for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, (event) => {
  if (!form() || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form().toggleAttribute("data-drop", name === "dragover");
  if (name === "drop") add(event.dataTransfer.files);
});

// Send waits for what is still going up; what was refused is read first.
document.addEventListener("htmx:confirm", (event) => {
  if (!going || event.detail.elt !== form() || isNote()) return;
  event.preventDefault();
  waiting = event.detail.triggeringEvent.submitter;
});
document.addEventListener("relaybox:acted", ({ detail }) => { if (detail.draft?.startsWith("reply:")) $("#files")?.replaceChildren(); });
// The files as the server has them now: what another tab added comes, what it removed or sent goes. What is on its way
// here, or was refused, stays; so does a description that is being written.
async function match() {
  const html = await fragment(form().dataset.files, "files", { fresh: true }).catch(() => null);
  if (html === null || !$("#files")) return;
  const now = $$("li", parse(html)), names = new Set(now.map(({ id }) => id));
  for (const row of $$("#files li[id]")) if (!names.has(row.id)) row.remove();
  for (const row of now) if (!document.getElementById(row.id)) $("#files").append(row);
}
document.addEventListener("relaybox:back", match);
document.addEventListener("relaybox:files", ({ detail }) => {
  const here = $$("#files [name=files]").map(({ value }) => value).sort().join();
  if (form() && !going && here !== detail.split(",").sort().join()) match();
});
