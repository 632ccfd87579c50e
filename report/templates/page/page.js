"use strict";

// Marks the current section in the contents: the last heading above the top of the window. At the
// end of the page it is the heading in the address, which may never reach the top.
(() => {
  const links = new Map();
  for (const link of document.querySelectorAll(".sidebar a")) {
    links.set(link.hash.slice(1), link);
  }
  const headings = [...document.querySelectorAll("h2[id], h3[id]")].filter((each) => links.has(each.id));
  const TOP_PX = 64;
  let marked = null;

  function currentHeading() {
    const page = document.documentElement;
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const ended = page.scrollTop + page.clientHeight >= page.scrollHeight - 1;
    if (ended && links.has(target?.id) && target.getBoundingClientRect().top >= 0) return target;
    return headings.filter((each) => each.getBoundingClientRect().top < TOP_PX).pop();
  }

  function markCurrent() {
    const link = links.get(currentHeading()?.id) ?? null;
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    link?.scrollIntoView({ block: "nearest" });
    marked = link;
  }

  let waiting = false;
  function schedule() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; markCurrent(); });
  }
  window.addEventListener("scroll", schedule, { passive: true });
  window.addEventListener("hashchange", schedule);
  markCurrent();
})();

// Shows any stack in any scenario. All values were computed when the page was written.
(() => {
  const data = JSON.parse(document.getElementById("values").textContent);
  const form = document.querySelector("form.choose");
  const table = document.querySelector("table.chosen");
  if (!data.rows.length) return;

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
    const element = document.createElement("td");
    element.textContent = text;
    if (kind) element.className = kind;
    return element;
  }

  function formatted(value) {
    return value.toLocaleString("en", { maximumSignificantDigits: 3 });
  }

  function scale(end, hue, value, low, high, suspect) {
    const place = (each) => `${Math.min(100, (100 * each) / (end || 1))}%`;
    const element = cell("", "scale");
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
    element.append(track);
    return element;
  }

  function row(end, [, stack, , value, low, high, blocks, suspect]) {
    const [title, hue] = data.stacks[stack];
    const element = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = title;
    const interval = low === null ? "–" : `${formatted(low)}–${formatted(high)}`;
    const counted = suspect ? `${blocks}, ${suspect} suspect` : `${blocks}`;
    element.append(head, cell(formatted(value), "number"), cell(interval, "number"), cell(counted, "number"));
    element.append(scale(end, hue, value, low, high, suspect > 0));
    return element;
  }

  function show() {
    const place = Number(form.place.value);
    const placeRows = data.rows.filter((each) => each[0] === place);
    for (const option of form.statistic.options) {
      option.disabled = !placeRows.some((each) => each[2] === Number(option.value));
    }
    if (form.statistic.selectedOptions[0]?.disabled) {
      form.statistic.value = [...form.statistic.options].find((each) => !each.disabled)?.value;
    }
    const measured = new Set(placeRows.map((each) => each[1]));
    const ticked = new Set();
    for (const input of form.querySelectorAll("input")) {
      const number = Number(input.value);
      input.disabled = !measured.has(number);
      if (input.checked && !input.disabled) ticked.add(number);
    }
    const statistic = Number(form.statistic.value);
    const rows = placeRows.filter((each) => each[2] === statistic && ticked.has(each[1]));
    const largest = Math.max(...rows.map((each) => each[3]));
    const end = 1.05 * Math.max(...rows.map((each) => Math.min(each[5] ?? each[3], 2 * largest)));
    table.tBodies[0].replaceChildren(...rows.map((each) => row(end, each)));
    const where = data.places[place].join(", ");
    const what = data.statistics[statistic];
    table.caption.textContent = rows.length ? `${what}: ${where}.` : `No values for ${where}; select a stack.`;
  }

  options(form.place, data.places.map((each) => each.join(", ")));
  options(form.statistic, data.statistics);
  const measured = data.places.map((_, place) => data.rows.filter((each) => each[0] === place).length);
  form.place.value = measured.indexOf(Math.max(...measured));
  form.querySelector(".stacks").replaceChildren(...data.stacks.map(box));
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = table.parentElement.hidden = false;
  show();
})();
