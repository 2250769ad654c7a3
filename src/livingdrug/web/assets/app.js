// Sliders and tables are drawn here from plain data, as text; the rest is Python. A moved slider sends its value, and what
// does not hurry (words, tables, the address) follows once the hand rests.
window.dash_clientside = window.dash_clientside || {};
(function () {
  const STEPS = 1000, REST = 150, LOST = 3000;
  let spans = [], timer = null, waiting = null, since = 0;  // a drawing is under way since; what is to be drawn after it

  function make(tag, given, ...children) {
    const element = document.createElement(tag);
    Object.entries(given || {}).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  }

  function valueAt(span, position) {
    if (position === span.at) return span.value;
    if (position === span.published_at) return span.published;
    const part = position / STEPS;
    const value = span.log ? span.low * Math.pow(span.high / span.low, part) : span.low + (span.high - span.low) * part;
    return Number(value.toPrecision(4));
  }

  function show(span, input) {
    const text = Number(valueAt(span, Number(input.value)).toPrecision(4)) + " " + span.unit;
    document.getElementById("value-" + span.name).textContent = text;
    input.setAttribute("aria-valuetext", text);
  }

  function slider(span) {
    const id = "slider-" + span.name;
    const input = make("input", { id, type: "range", min: 0, max: STEPS, step: 1 });
    input.value = span.at;
    input.addEventListener("input", () => { show(span, input); send(); });
    const box = make("div", { class: "slider" },
      make("label", { for: id }, make("b", {}, span.symbol), " " + span.meaning),
      make("output", { id: "value-" + span.name, for: id, class: "value" }), input,
      make("details", {}, make("summary", {}, "about " + span.symbol), make("p", {}, span.about)));
    if (span.outside) box.append(make("span", { class: "amber" }, span.outside));
    return box;
  }

  function changes() {
    const made = {};
    spans.forEach(span => {
      const value = valueAt(span, Number(document.getElementById("slider-" + span.name).value));
      if (value !== span.published) made[span.name] = value;
    });
    return made;
  }

  function send() {
    const now = performance.now();
    if (since && now - since < LOST) { waiting = true; return; }
    since = now;
    waiting = null;
    window.dash_clientside.set_props("changes", { data: changes() });
  }

  function build(place) {
    if (place.drawn === place.dataset.spans) return;
    place.drawn = place.dataset.spans;
    spans = JSON.parse(place.dataset.spans);
    since = 0;
    waiting = null;
    const groups = new Map();
    spans.forEach(span => groups.set(span.group, [...(groups.get(span.group) || []), slider(span)]));
    place.replaceChildren(...[...groups].map(([title, boxes]) =>
      make("details", { open: "" }, make("summary", {}, title + " (" + boxes.length + ")"), ...boxes)));
    spans.forEach(span => show(span, document.getElementById("slider-" + span.name)));
  }

  window.dash_clientside.livingdrug = {
    reset: function () {
      spans.forEach(span => {
        const input = document.getElementById("slider-" + span.name);
        input.value = span.published_at;
        show(span, input);
      });
      send();
    },
    settle: function (query) {
      clearTimeout(timer);
      since = 0;
      if (waiting) send();
      if (!query) return;
      timer = setTimeout(function () {
        if (document.getElementById("explore") === null) return;
        history.replaceState(null, "", window.location.pathname + "?" + query);
        document.querySelectorAll("a[data-export]").forEach(link => {
          link.href = "/export/" + link.dataset.export + "?" + query;
        });
        window.dash_clientside.set_props("settled", { data: query });
      }, REST);
    }
  };

  function drawTable(place) {
    const text = place.dataset.table;
    if (place.drawn === text) return;
    place.drawn = text;
    const { title, header, rows } = JSON.parse(text);
    const cells = (tag, given, texts) => make("tr", {}, ...texts.map(t => make(tag, given, t)));
    place.replaceChildren(make("table", {}, make("caption", {}, title),
      make("thead", {}, cells("th", { scope: "col" }, header)), make("tbody", {}, ...rows.map(row => cells("td", {}, row)))));
  }

  function drawChoice(place) {
    const text = place.dataset.choice;
    if (place.drawn === text) return;
    place.drawn = text;
    const { id, label, help, value, choices } = JSON.parse(text);
    const own = "choice-" + (typeof id === "string" ? id : id.type + "-" + id.name), kind = JSON.stringify([own, label, choices]);
    if (place.kind !== kind) {
      place.kind = kind;
      const list = make("select", { id: own }, ...choices.map(([name, said]) => make("option", { value: name }, said)));
      list.addEventListener("change", () => window.dash_clientside.set_props(place.choice, { data: list.value }));
      place.replaceChildren(make("label", { for: own }, label), list, ...(help ? [make("small", {}, help)] : []));
    }
    place.choice = id;
    place.querySelector("select").value = value;
  }

  // a field that is drawn anew after it was changed keeps the focus, for those who work by keyboard
  let held = null;
  document.addEventListener("pointerdown", () => { held = null; });
  document.addEventListener("focusin", event => { held = event.target; });
  function keepFocus() {
    if (held === null || held.isConnected || document.activeElement !== document.body) return;
    const again = held.id ? document.getElementById(held.id) : null;
    if (again) again.focus({ preventScroll: true });
  }

  new MutationObserver(function () {
    document.querySelectorAll("[data-choice]").forEach(drawChoice);
    document.querySelectorAll("[data-table]").forEach(drawTable);
    document.querySelectorAll("[data-spans]").forEach(build);
    // an upload field of Dash has no name that a screen reader could say
    document.querySelectorAll("input[type=file]:not([aria-label])").forEach(input => {
      input.setAttribute("aria-label", "choose a file with your data");
    });
    keepFocus();
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-table", "data-spans", "data-choice"] });
})();
