// Keyboard first: j/k walk the rows, enter or o opens one, / searches, g o and the like lead, ? lists the keys.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("tr[data-href]")];
  const typing = (node) => /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) || node.isContentEditable;
  let place = -1;

  const walk = (step) => {
    const all = rows();
    if (!all.length) return;
    all.forEach((row) => row.classList.remove("here"));
    place = Math.min(all.length - 1, Math.max(0, place + step));
    const row = all[place];
    row.classList.add("here");
    row.querySelector("a").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  const open = () => {
    const row = rows()[place];
    if (row) location.assign(row.dataset.href);
  };

  const keys = {
    j: () => walk(1),
    k: () => walk(-1),
    o: open,
    "/": () => document.getElementById("q")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
    h: () => location.assign("/"),
    m: () => location.assign("/records/measure"),
    a: () => location.assign("/records/appeal"),
    u: () => document.querySelector("[data-up]")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });

  document.querySelector("[data-keys]")?.addEventListener("click", () => document.getElementById("keys").showModal());
  document.querySelector("[data-close]")?.addEventListener("click", () => document.getElementById("keys").close());
  // on a narrow screen the menu is folded, until it is asked for
  const menu = document.querySelector("details.menu");
  if (menu && matchMedia("(max-width: 899px)").matches) menu.open = false;
})();
