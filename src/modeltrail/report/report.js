// What a segment says, shown beside it; and arrow keys within a timeline. Without this file the browser shows the same
// text in its own way, and every segment is a stop of the Tab key.
"use strict";

const tip = document.createElement("div");
tip.className = "tip";
tip.id = "tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
document.body.append(tip);

function show(bar) {
  tip.textContent = bar.dataset.says;
  tip.hidden = false;
  bar.setAttribute("aria-describedby", tip.id);
  const box = bar.getBoundingClientRect();
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(8, Math.min(box.left, room)) + window.scrollX}px`;
  tip.style.top = `${box.bottom + 6 + window.scrollY}px`;
}

function hide(bar) {
  tip.hidden = true;
  bar.removeAttribute("aria-describedby");
}

function go(from, to) {
  if (!to) return;
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  to.focus();
}

// What is wider than its place can be moved with the arrow keys too.
for (const wide of document.querySelectorAll(".wide")) {
  if (wide.scrollWidth <= wide.clientWidth) continue;
  wide.setAttribute("tabindex", "0");
  wide.setAttribute("role", "region");
  wide.setAttribute("aria-label", wide.querySelector("caption").textContent);
}

for (const timeline of document.querySelectorAll(".bars")) {
  const bars = [...timeline.querySelectorAll("a.bar")];
  bars.forEach((bar, number) => {
    const title = bar.querySelector("title");
    bar.dataset.says = title.textContent;
    bar.setAttribute("aria-label", title.textContent);
    title.remove();
    bar.setAttribute("tabindex", number === bars.length - 1 ? "0" : "-1");
    bar.addEventListener("mouseenter", () => show(bar));
    bar.addEventListener("focus", () => show(bar));
    bar.addEventListener("mouseleave", () => hide(bar));
    bar.addEventListener("blur", () => hide(bar));
    bar.addEventListener("keydown", (event) => {
      const ways = { ArrowLeft: bars[number - 1], ArrowRight: bars[number + 1], Home: bars[0], End: bars.at(-1) };
      if (event.key === "Escape") hide(bar);
      if (!(event.key in ways)) return;
      event.preventDefault();
      go(bar, ways[event.key]);
    });
  });
}
