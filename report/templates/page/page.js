"use strict";

// The contents follow the reader: the last heading that reached the top of the window is marked,
// at the page's end the one that was asked for, which may never get there.
(() => {
  const links = new Map();
  for (const link of document.querySelectorAll(".beside a")) {
    links.set(link.hash.slice(1), link);
  }
  const headings = [...document.querySelectorAll("h2[id], h3[id]")].filter((each) => links.has(each.id));
  const TOP_PX = 64;
  let marked = null;

  function reached() {
    const page = document.documentElement;
    const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const ended = page.scrollTop + page.clientHeight >= page.scrollHeight - 1;
    if (ended && links.has(asked?.id) && asked.getBoundingClientRect().top >= 0) return asked;
    return headings.filter((each) => each.getBoundingClientRect().top < TOP_PX).pop();
  }

  function follow() {
    const link = links.get(reached()?.id) ?? null;
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    link?.scrollIntoView({ block: "nearest" });
    marked = link;
  }

  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; follow(); });
  }
  window.addEventListener("scroll", soon, { passive: true });
  window.addEventListener("hashchange", soon);
  follow();
})();

// Any stack in any scenario: every number was computed when the page was made.
(() => {
  const told = JSON.parse(document.getElementById("values").textContent);
  const form = document.querySelector("form.choose");
  const table = document.querySelector("table.chosen");
  if (!told.rows.length) return;

  function options(menu, names) {
    menu.replaceChildren(...names.map((name, number) => new Option(name, number)));
  }

  function box([title, , everywhere], number) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "checkbox", name: "stack", value: number, checked: everywhere });
    label.append(input, ` ${title}`);
    return label;
  }

  function cell(text, kind) {
    const made = document.createElement("td");
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function written(value) {
    return value.toLocaleString("en", { maximumSignificantDigits: 3 });
  }

  function scale(end, hue, value, low, high, suspect) {
    const place = (each) => `${Math.min(100, (100 * each) / (end || 1))}%`;
    const made = cell("", "scale");
    const track = document.createElement("div");
    if (low !== null) {
      const bar = document.createElement("span");
      bar.className = "bar";
      Object.assign(bar.style, { left: place(low), right: `calc(100% - ${place(high)})`, background: hue });
      track.append(bar);
    }
    const dot = document.createElement("span");
    dot.className = suspect ? "dot suspect" : "dot";
    Object.assign(dot.style, { left: place(value), background: hue });
    track.append(dot);
    made.append(track);
    return made;
  }

  function row(end, [, stack, , value, low, high, blocks, suspect]) {
    const [title, hue] = told.stacks[stack];
    const made = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = title;
    const interval = low === null ? "–" : `${written(low)}–${written(high)}`;
    const counted = suspect ? `${blocks}, ${suspect} suspect` : `${blocks}`;
    made.append(head, cell(written(value), "number"), cell(interval, "number"), cell(counted, "number"));
    made.append(scale(end, hue, value, low, high, suspect > 0));
    return made;
  }

  function show() {
    const place = Number(form.place.value);
    const here = told.rows.filter((each) => each[0] === place);
    for (const option of form.statistic.options) {
      option.disabled = !here.some((each) => each[2] === Number(option.value));
    }
    if (form.statistic.selectedOptions[0]?.disabled) {
      form.statistic.value = [...form.statistic.options].find((each) => !each.disabled)?.value;
    }
    const measured = new Set(here.map((each) => each[1]));
    const ticked = new Set();
    for (const input of form.querySelectorAll("input")) {
      const number = Number(input.value);
      input.disabled = !measured.has(number);
      if (input.checked && !input.disabled) ticked.add(number);
    }
    const statistic = Number(form.statistic.value);
    const rows = here.filter((each) => each[2] === statistic && ticked.has(each[1]));
    const largest = Math.max(...rows.map((each) => each[3]));
    const end = 1.05 * Math.max(...rows.map((each) => Math.min(each[5] ?? each[3], 2 * largest)));
    table.tBodies[0].replaceChildren(...rows.map((each) => row(end, each)));
    const where = told.places[place].join(", ");
    const what = told.statistics[statistic];
    table.caption.textContent = rows.length ? `${what}: ${where}.` : `Nothing to show of ${where}: tick a stack.`;
  }

  options(form.place, told.places.map((each) => each.join(", ")));
  options(form.statistic, told.statistics);
  const measured = told.places.map((_, place) => told.rows.filter((each) => each[0] === place).length);
  form.place.value = measured.indexOf(Math.max(...measured));
  form.querySelector(".stacks").replaceChildren(...told.stacks.map(box));
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = table.parentElement.hidden = false;
  show();
})();
