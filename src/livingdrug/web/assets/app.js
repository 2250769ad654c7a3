// Sliders and tables are drawn here from plain data, as text; the rest is Python. A moved slider asks for the heights of the
// curves alone, and moves their lines; what does not hurry (Plotly's own data, axes, words, tables, the address) follows once
// the hand rests.
window.dash_clientside = window.dash_clientside || {};
(function () {
  const STEPS = 1000, REST = 150, PATIENCE = 60000, MOST_ADDED = 20;
  const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  let spans = [], timer = null, asked = false, waiting = false;  // curves are asked for; others are to be asked for after them
  let shown = "", ranges = null;  // the address of what is drawn; what its axes should span
  let ahead = null;  // lines that were moved and that Plotly does not know of: {graph, data, traces}

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

  function positionOf(span, value) {
    const part = span.log ? Math.log(Math.max(value, span.low) / span.low) / Math.log(span.high / span.low)
      : (value - span.low) / (span.high - span.low);
    return Math.round(STEPS * Math.min(Math.max(part, 0), 1));
  }

  function part(kind, span) { return document.getElementById(kind + "-" + span.name); }

  function valueOf(span) { return valueAt(span, Number(part("slider", span).value)); }

  function show(span) {
    const value = valueOf(span);
    part("value", span).value = String(value);
    part("slider", span).setAttribute("aria-valuetext", Number(value.toPrecision(4)) + " " + span.unit);
    if (part("outside", span)) part("outside", span).hidden = value >= span.low && value <= span.high;
    refuse(span, "");
  }

  function refuse(span, why) {
    part("refused", span).textContent = why;
    part("value", span).setAttribute("aria-invalid", String(why !== ""));
  }

  function faultOf(span, text) {
    if (!NUMBER.test(text)) return `\`${text.slice(0, 30)}\` is no number; write one such as 2.5 or 1e-10`;
    const value = Number(text), unit = span.unit === "1" ? "" : " " + span.unit;
    const [low, high] = [span.low, span.high].map(end => Number(end.toPrecision(4)));
    if ((value >= low || value >= span.low) && (value <= high || value <= span.high)) return "";
    return `${text.slice(0, 30)} is out of range; ${span.symbol} goes from ${low} to ${high}${unit}`;
  }

  // a value that was typed is used as it is, though the slider has only so many places
  function type(span, text) {
    const why = faultOf(span, text.trim());
    if (why) return refuse(span, why);
    const value = Number(text.trim());
    refuse(span, "");
    if (value === valueOf(span)) return;
    span.value = value;
    span.at = positionOf(span, value);
    part("slider", span).value = span.at;
    show(span);
    ask();
  }

  function slider(span) {
    const id = "slider-" + span.name, own = "value-" + span.name, why = "refused-" + span.name;
    const input = make("input", { id, type: "range", min: 0, max: STEPS, step: 1 });
    input.value = span.at;
    input.addEventListener("input", () => { show(span); ask(); });
    const exact = make("input", { id: own, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
      "aria-label": span.symbol + " " + span.meaning + ", exact value in " + span.unit, "aria-describedby": why });
    exact.addEventListener("change", () => type(span, exact.value));
    const box = make("div", { class: "slider" },
      make("label", { for: id }, make("b", {}, span.symbol), " " + span.meaning),
      make("span", { class: "value" }, exact, " " + span.unit), make("span", { id: why, class: "refused", role: "alert" }), input,
      make("details", {}, make("summary", { "aria-label": "about " + span.symbol }, "about"), make("p", {}, span.about)));
    if (span.outside) box.append(make("span", { id: "outside-" + span.name, class: "amber" }, span.outside));
    return box;
  }

  // the address with the values of the sliders
  function wanted() {
    const query = new URLSearchParams(shown);
    spans.forEach(span => {
      const value = valueOf(span);
      query.delete("values." + span.name);
      if (value !== span.published) query.append("values." + span.name, String(value));
    });
    return query.toString();
  }

  // one question at a time: what the sliders say meanwhile is asked for next, and only the latest of it
  async function ask() {
    clearTimeout(timer);
    wordsAreOld(true);
    if (asked) { waiting = true; return; }
    const before = shown, query = wanted();
    if (graphOf() === null) return window.dash_clientside.set_props("address", { search: "?" + query });
    asked = true;
    waiting = false;
    const answer = await answerTo(query);
    asked = false;
    if (before !== shown) waiting = true;  // the page has changed meanwhile, and so has the question
    const again = waiting && graphOf() !== null;
    if (again) ask();
    try {
      if (before === shown && graphOf() !== null) take(answer);
    } finally {  // words and address follow, whatever became of the lines
      clearTimeout(timer);
      if (!again) timer = setTimeout(rest, REST);
    }
  }

  // sentence, exposures and files belong to where the hand was, until it rests and they are told anew
  function wordsAreOld(old) {
    document.querySelectorAll("#curves-sentence, #curves-table, #exposure, #notes, nav[aria-label=downloads]")
      .forEach(place => place.classList.toggle("stale", old));
  }

  async function answerTo(query) {
    try {
      const response = await fetch("/live?" + query, { signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok) return await response.json();
      return { fault: response.status === 400 ? await response.text() : "This did not work; the terminal has the details." };
    } catch (error) {
      return { fault: "The app does not answer; is it still running?" };
    }
  }

  function take(answer) {
    document.getElementById("refusal").textContent = answer.fault || "";
    if (answer.fault) return;
    const graph = graphOf();
    ranges = answer.ranges;
    shown = answer.query;
    let x = null;
    const data = answer.heights.map((y, k) => { x = answer.times[k] || x; return { x, y }; });
    ahead = { graph, data, traces: answer.traces };
    // an axis moves where its curves would leave it
    const leaving = ranges.some((range, k) => leaves(graph, range, k));
    if (leaving || !moveLines(graph, data, answer.traces)) tellPlotly();
    if (leaving) fitAxes(graph);
    window.dash_clientside.set_props("query", { data: shown });
  }

  // the way of Plotly that moves lines and leaves all else as it is; it works out the defaults of every trace first, which
  // takes four times as long as all the rest
  function tellPlotly() {
    if (ahead === null) return;
    const { graph, data, traces } = ahead;
    ahead = null;
    if (graph !== graphOf()) return;  // the page was drawn anew
    window.Plotly.animate(graph, { data, traces },
      { mode: "immediate", transition: { duration: 0 }, frame: { duration: 0, redraw: false } });
  }

  // lines and bands where Plotly would draw them, on its own axes; false where it has drawn anything else
  function moveLines(graph, data, traces) {
    const moves = [], bands = new Map();
    for (const [k, trace] of traces.entries()) {
      const full = graph._fullData[trace], before = graph._fullData[trace - 1];
      if (!full || full.mode !== "lines" || !["", "none", "tonexty", undefined].includes(full.fill)) return false;
      if (full.visible !== true) continue;
      const points = pointsOf(graph._fullLayout, full, data[k]), line = pathOf(graph, full, ".lines > path");
      if (line === null) return false;
      moves.push([line, pathThrough(points)]);
      bands.set(trace, points);
      if (full.fill !== "tonexty") continue;
      const low = bands.get(trace - 1), fill = before ? pathOf(graph, before, ".js-fill") : null;
      if (low === undefined || fill === null || [...points, ...low].includes(null)) return false;
      moves.push([fill, pathThrough([...points, ...[...low].reverse()]) + "Z"]);
    }
    moves.forEach(([path, text]) => path.setAttribute("d", text));
    return true;
  }

  function pathOf(graph, full, part) {
    return graph.querySelector("#curves .scatterlayer .trace" + CSS.escape(full.uid) + " " + part);
  }

  // where points lie in px, null for a gap
  function pointsOf(layout, full, { x, y }) {
    const across = layout[full.xaxis.replace("x", "xaxis")], up = layout[full.yaxis.replace("y", "yaxis")];
    return y.map((value, i) => value === null ? null : across.d2p(x[i]).toFixed(2) + "," + up.d2p(value).toFixed(2));
  }

  function pathThrough(points) {
    let text = "", sign = "M";
    points.forEach(point => {
      if (point !== null) text += sign + point;
      sign = point === null ? "M" : "L";
    });
    return text || "M0,0";
  }

  function graphOf() { return document.querySelector("#curves .js-plotly-plot"); }

  function axisName(k) { return "yaxis" + (k === 0 ? "" : k + 1); }

  function leaves(graph, range, k) {
    const [low, high] = graph.layout[axisName(k)].range;
    return range[1] > high + 0.3 || range[1] < (low + high) / 2;
  }

  function fitAxes(graph) {
    const moved = {};
    ranges.forEach((range, k) => {
      const here = graph.layout[axisName(k)].range;
      if (here[0] !== range[0] || here[1] !== range[1]) moved[axisName(k) + ".range"] = range;
    });
    if (Object.keys(moved).length) window.Plotly.relayout(graph, moved);
  }

  function build(place) {
    if (place.drawn === place.dataset.page) return;
    place.drawn = place.dataset.page;
    spans = JSON.parse(place.dataset.spans);
    shown = place.dataset.query;
    ranges = ahead = null;
    const groups = new Map();
    spans.forEach(span => groups.set(span.group, [...(groups.get(span.group) || []), slider(span)]));
    const changed = new Set(spans.filter(span => span.value !== span.published).map(span => span.group));
    place.replaceChildren(...[...groups].map(([title, boxes], k) =>
      make("details", k === 0 || changed.has(title) ? { open: "" } : {},
        make("summary", {}, k === 0 ? title : title + " (" + boxes.length + ")"), ...boxes)));
    spans.forEach(show);
  }

  // a sign of work as soon as something is asked, and an old answer greyed until the new one is there
  const plain = window.fetch.bind(window), LINGER = 60, TAKEN_UP = 150, DRAWN_WITHIN = 1500;
  let working = 0, answering = 0;
  window.fetch = async function (asked, given) {
    const kind = String(asked.url || asked).includes("/_dash-update-component") ? kindOf(given) : null;
    if (kind === null) return plain(asked, given);
    mark(1, kind !== "part");
    const work = begun(kind === "page");
    try { return await inOrder(kind, asked, named(work, given)); } finally {
      ended(work);
      setTimeout(() => mark(-1, kind !== "part"), LINGER);
      if (given.body.includes("exposure.children") && !asking()) setTimeout(() => wordsAreOld(false), LINGER);
    }
  };

  // a page that is drawn while a field is being taken up would lose it: such a page waits, and is out of date by then
  const changes = new Set();
  async function inOrder(kind, asked, given) {
    if (kind !== "change") {
      const answer = await plain(asked, given);
      while (kind === "page" && changes.size) await Promise.allSettled(changes);
      if (kind === "page") draws();
      return answer;
    }
    const answer = plain(asked, given);
    holdPages(answer);
    return answer;
  }

  // from the answer to the page that is drawn of it
  let drawing = false, drawn = null;
  function draws() {
    clearTimeout(drawn);
    drawing = true;
    drawn = setTimeout(() => { drawing = false; }, DRAWN_WITHIN);
  }

  function holdPages(work) {
    const done = work.catch(() => null).then(() => new Promise(next => setTimeout(next, TAKEN_UP)))
      .then(() => changes.delete(done));
    changes.add(done);
  }

  function asking() { return window.dash_clientside.livingdrug.asked(); }

  // what a question asks for: the page of an address, a change of the address, or a part of the page; null for a look at a
  // fit that runs, which nobody asked for
  function kindOf(given) {
    try {
      const { output, changedPropIds } = JSON.parse(given.body);
      if ((changedPropIds || []).some(name => name.startsWith("fit-beat."))) return null;
      return output.includes("content.children") ? "page" : output.includes("address.search") ? "change" : "part";
    } catch (error) { return "part"; }
  }

  function mark(step, page) {
    working += step;
    if (page) answering += step;
    const sign = document.getElementById("busy"), content = document.getElementById("content");
    if (sign) sign.hidden = working === 0;
    if (!content) return;
    content.classList.toggle("stale", answering > 0);
    content.setAttribute("aria-busy", String(answering > 0));
  }

  // what takes long says how far it is, and may be cancelled; a page that is asked for takes the place of the one before
  const SLOW = 2000, LOOK = 1000;
  const works = new Set();
  function begun(whole) {
    if (whole) works.forEach(other => { if (other.whole) cancel(other); });
    const work = { name: crypto.randomUUID(), whole, since: performance.now() };
    work.timer = setTimeout(() => look(work), SLOW);
    works.add(work);
    return work;
  }
  function named(work, given) {
    const headers = new Headers((given || {}).headers);
    headers.set("X-Work", work.name);
    return { ...given, headers };
  }
  function ended(work) {
    clearTimeout(work.timer);
    works.delete(work);
    if (work.shown) work.shown.remove();
  }
  async function look(work) {
    const answer = await plain("/task/" + work.name).catch(() => null);
    if (!works.has(work)) return;
    if (answer !== null && answer.status === 200) say(work, await answer.json());
    if (works.has(work)) work.timer = setTimeout(() => look(work), LOOK);
  }
  function say(work, told) {
    if (!works.has(work)) return;
    const counted = told.of ? `${told.done.toLocaleString("en")} of ${told.of.toLocaleString("en")}` : "";
    const left = told.left === undefined ? "" : `, about ${Math.ceil(told.left)} s left`;
    const text = work.cancelled ? "It is being cancelled ..." : counted ? counted + left : `${Math.round(told.seconds)} s`;
    if (!work.shown) {
      const button = make("button", { type: "button" }, "Cancel");
      button.addEventListener("click", () => { button.disabled = true; cancel(work); });
      work.shown = make("div", { class: "work", role: "status" }, make("span", {}), button);
      document.querySelector("main").append(work.shown);
    }
    const place = work.shown.querySelector("span");
    if (place.textContent !== text) place.textContent = text;
  }
  function cancel(work) {
    if (work.cancelled) return;
    work.cancelled = true;
    if (work.shown) say(work, {});
    plain("/task/" + work.name, { method: "DELETE" }).catch(() => {});
  }

  // a file that takes a while shows that it is being made; one that cannot be says why
  document.addEventListener("click", async event => {
    const link = event.target.closest && event.target.closest("a[data-export]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    mark(1, false);
    const work = begun(false);
    try {
      const answer = await plain(link.href, named(work));
      if (!answer.ok) return refuseFile(await answer.text());
      refuseFile("");
      const made = URL.createObjectURL(await answer.blob());
      make("a", { href: made, download: link.dataset.export }).click();
      setTimeout(() => URL.revokeObjectURL(made), PATIENCE);
    } catch (error) {
      refuseFile("The app does not answer; is it still running?");
    } finally { ended(work); mark(-1, false); }
  });

  // what is shown, kept in this browser for a report of several answers
  document.addEventListener("click", event => {
    const button = event.target.closest && event.target.closest("button[data-add]");
    if (!button) return;
    const link = button.parentElement.querySelector("a[data-export]"), key = button.dataset.add;
    const kept = JSON.parse(localStorage.getItem(key) || "[]"), query = new URL(link.href).search.slice(1);
    if (!kept.includes(query)) kept.push(query);
    localStorage.setItem(key, JSON.stringify(kept.slice(-MOST_ADDED)));
    localStorage.setItem(key + "-timestamp", String(Date.now()));
    button.textContent = "Added";
  });

  function refuseFile(why) {
    const place = document.getElementById("broken");
    place.replaceChildren(...(why ? [make("p", { class: "problem" }, why)] : []));
  }

  // the lines of a plot by name, beside it: a legend inside would lie on titles as soon as the screen is narrow
  function drawLegend(graph) {
    if (!graph.data || graph.legendOf === graph.data) return;
    graph.legendOf = graph.data;
    const named = graph.data.filter(t => t.showlegend !== false && t.name);
    const figure = graph.closest("figure");
    if (!figure) return;
    const before = figure.querySelector(".legend");
    if (before) before.remove();
    if (named.length < 2) return;
    const legend = make("ul", { class: "legend", "aria-label": "lines of the plot" }, ...named.map(t => entry(graph, t)));
    figure.prepend(legend);
  }

  // panels stand in one column where two would be too narrow to read
  const NARROW = 620;
  function arrange(graph) {
    const meta = graph.layout && graph.layout.meta;
    if (!meta || !meta.panels || !graph.clientWidth) return;
    const narrow = graph.clientWidth < NARROW;
    if (graph.arrangedFor === graph.data && graph.narrow === narrow) return;
    const before = graph.arrangedFor !== graph.data ? false : graph.narrow;
    graph.arrangedFor = graph.data;
    graph.narrow = narrow;
    const { domains, height } = narrow ? meta.narrow : meta.wide;
    const place = graph.parentElement;
    if (place.style.height !== height + "px") place.style.height = height + "px";
    if (narrow === before) return;
    const moved = { };
    Object.entries(domains).forEach(([axis, place]) => { moved[axis + ".domain"] = place; });
    tellPlotly();
    window.Plotly.relayout(graph, moved).then(() => window.Plotly.Plots.resize(graph));
  }
  window.addEventListener("resize", () => document.querySelectorAll(".js-plotly-plot").forEach(arrange));

  // where fields and answer stand above one another the answer is first, for Tab and for screen readers as for the eye
  const ABOVE = window.matchMedia("(max-width: 60rem)");
  function answersFirst() {
    document.querySelectorAll(".two.answered").forEach(page => {
      const fields = page.querySelector(":scope > .left"), answer = page.querySelector(":scope > .right");
      if (!fields || !answer) return;
      const before = Boolean(answer.compareDocumentPosition(fields) & Node.DOCUMENT_POSITION_FOLLOWING);
      if (before !== ABOVE.matches) page.insertBefore(answer, before ? fields.nextSibling : fields);
    });
  }
  ABOVE.addEventListener("change", answersFirst);

  function entry(graph, trace) {
    const line = trace.line || {}, dots = trace.mode === "markers", marker = trace.marker || {};
    const dash = { dash: "6 3", dot: "2 3", dashdot: "6 3 2 3", longdash: "10 4" }[line.dash] || "none";
    const colour = trace.fill ? trace.fillcolor : dots ? marker.color : line.color || marker.color || "#0072B2";
    const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    Object.entries({ width: 26, height: 12, "aria-hidden": "true" }).forEach(([n, v]) => sign.setAttribute(n, v));
    const shape = document.createElementNS("http://www.w3.org/2000/svg", trace.fill ? "rect" : dots ? "circle" : "line");
    const given = trace.fill ? { width: 26, height: 12, fill: colour } : dots && String(marker.symbol).includes("open")
      ? { cx: 13, cy: 6, r: 4, fill: "none", stroke: colour, "stroke-width": 1.5 } : dots ? { cx: 13, cy: 6, r: 4, fill: colour }
      : { x1: 0, x2: 26, y1: 6, y2: 6, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash };
    Object.entries(given).forEach(([n, v]) => shape.setAttribute(n, v));
    sign.append(shape);
    const button = make("button", { type: "button", "aria-pressed": "true", title: "show or hide" }, sign, trace.name);
    const same = () => graph.data.map((t, k) => k).filter(k => graph.data[k].name === trace.name);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      tellPlotly();
      window.Plotly.restyle(graph, { visible: on }, same());
    });
    return make("li", {}, button);
  }

  const WIDE_MENU = { width: 200, breakpoint: "lg" };
  window.dash_clientside.livingdrug = {
    menu: opened => ({ ...WIDE_MENU, collapsed: { mobile: !opened } }),
    closed: () => false,
    asked: () => asked,
    reset: function () {
      spans.forEach(span => {
        span.value = span.published;
        span.at = span.published_at;
        part("slider", span).value = span.at;
        show(span);
      });
      ask();
    },
    settle: function (query) {
      clearTimeout(timer);
      if (!query) return;
      if (query !== shown) ranges = ahead = null;  // drawn by Python, with its axes
      shown = query;
      if (!asked) timer = setTimeout(rest, REST);
    }
  };

  function rest() {
    if (document.getElementById("explore") === null) return;
    history.replaceState(null, "", window.location.pathname + "?" + shown);
    document.querySelectorAll("a[data-export]").forEach(link => {
      link.href = "/export/" + link.dataset.export + "?" + shown;
    });
    tellPlotly();
    if (ranges !== null && graphOf() !== null) fitAxes(graphOf());
    window.dash_clientside.set_props("settled", { data: shown });
  }

  // a number that is written in words keeps its digits for whoever points at it
  const LONG = 60;  // signs, from which a cell is as wide as a sentence needs
  function cell(said) {
    const [text, title] = typeof said === "string" ? [said, null] : said;
    return make("td", { ...(title ? { title } : {}), ...(text.length > LONG ? { class: "long" } : {}) }, text);
  }

  function drawTable(place) {
    const text = place.dataset.table;
    if (place.drawn === text) return;
    place.drawn = text;
    const { title, header, rows } = JSON.parse(text);
    const cells = (tag, given, texts) => make("tr", {}, ...texts.map(t => make(tag, given, t)));
    place.replaceChildren(make("table", {}, make("caption", {}, title),
      make("thead", {}, cells("th", { scope: "col" }, header)), make("tbody", {}, ...rows.map(row => make("tr", {}, ...row.map(cell))))));
  }

  // the study of this browser: written by its page, offered by every page that takes it
  const MINE = "my-study";
  function keepStudy(place) {
    if (place.drawn === place.dataset.study) return;
    place.drawn = place.dataset.study;
    localStorage.setItem(MINE, place.dataset.study);
  }
  function offerStudy(place) {
    if (place.childNodes.length) return;
    const href = JSON.parse(localStorage.getItem(MINE) || "{}")[place.dataset.mine];
    if (href) place.append(make("a", { href }, "Take my study"));
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

  // only where it differs: a title that is set is a change of the document, which is watched
  function entitle() {
    const place = document.querySelector("[data-title]");
    const title = place ? place.dataset.title + " \u00b7 livingdrug" : document.title;
    if (document.title !== title) document.title = title;
  }

  // a field that is drawn anew keeps the focus, for those who work by keyboard
  let held = null;
  document.addEventListener("pointerdown", () => { held = null; });
  document.addEventListener("focusin", event => { held = event.target; });
  function keepFocus() {
    if (held === null || held.isConnected || document.activeElement !== document.body) return;
    const again = held.id ? document.getElementById(held.id) : null;
    if (again) again.focus({ preventScroll: true });
  }

  // Dash (4.4) puts the caret back a moment after each letter, which swaps letters that are typed in that moment
  const caret = HTMLInputElement.prototype.setSelectionRange;
  HTMLInputElement.prototype.setSelectionRange = function (...range) {
    if (!(this.matches(".dash-input-element") && this === document.activeElement)) caret.apply(this, range);
  };

  // an answer may come while somebody types on: what stands in a field and was not taken up before the page is drawn anew is
  // put back, and what was sent between the answer and its page is sent once more
  const typed = new Map(), PUT_BACK = [0, 30, 150, 200];  // ms: Dash writes its own value once more after it has drawn a field
  let owed = false;
  document.addEventListener("input", event => {
    const { id, value } = event.target;
    if (!event.isTrusted || !id || !event.target.matches(".dash-input-element, textarea")) return;
    typed.set(id, { text: value, sent: false, left: false, path: window.location.pathname });
  }, true);
  document.addEventListener("change", event => { if (event.isTrusted) takenUp(event.target.id, "left"); }, true);
  document.addEventListener("keydown", event => {
    putBack();
    if (event.key === "Enter") takenUp(document.activeElement.id, "sent");
  }, true);

  function takenUp(id, how) {
    if (!typed.has(id)) return;
    if (drawing || owed) { typed.get(id)[how] = true; return; }
    holdPages(Promise.resolve());  // until the question that follows is on its way
    typed.delete(id);
  }

  function keepTyped() {
    drawing = false;
    typed.forEach((kept, id) => {
      if (kept.path !== window.location.pathname || document.getElementById(id) === null) typed.delete(id);
    });
    if (typed.size === 0 || owed) return;
    owed = true;
    mark(1, true);
    PUT_BACK.forEach(later => setTimeout(putBack, later));
    setTimeout(sendAgain, PUT_BACK[PUT_BACK.length - 1]);
  }

  // as if it were typed, so that what draws the field knows of it
  function putBack() {
    if (owed) typed.forEach(({ text }, id) => {
      const field = document.getElementById(id);
      if (!field || field.value === text) return;
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, text);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  // a field that the page took from somebody's hand was left by nobody
  function sendAgain() {
    const here = document.activeElement;
    owed = false;
    mark(-1, true);
    typed.forEach(({ sent, left }, id) => {
      const field = document.getElementById(id);
      if (!field || !(sent || (left && here !== field))) return;
      typed.delete(id);
      field.focus({ preventScroll: true });
      field.blur();  // which sends it
    });
    if (here !== document.activeElement && here.isConnected) here.focus({ preventScroll: true });
  }

  // what somebody has opened or closed stays so while its page is drawn anew
  const folds = new Map(), seen = new WeakSet();
  document.addEventListener("click", event => {
    const fold = event.target.closest && event.target.closest("summary")?.parentElement, name = fold && nameOf(fold);
    if (fold) setTimeout(() => folds.set(name, fold.open));
  });
  function keepFold(fold) {
    if (seen.has(fold)) return;
    seen.add(fold);
    const open = folds.get(nameOf(fold));
    if (open !== undefined) fold.open = open;
  }

  // the page, what the fold says without a count in brackets, and which of several that say it
  function nameOf(fold) {
    const said = one => one.querySelector("summary")?.textContent.replace(/ \(.*/, "");
    const alike = [...document.querySelectorAll("#content details")].filter(one => said(one) === said(fold));
    return JSON.stringify([window.location.pathname, said(fold), alike.indexOf(fold)]);
  }

  new MutationObserver(function (records) {
    document.querySelectorAll("[data-choice]").forEach(drawChoice);
    document.querySelectorAll("[data-table]").forEach(drawTable);
    document.querySelectorAll("[data-spans]").forEach(build);
    document.querySelectorAll("[data-study]").forEach(keepStudy);
    document.querySelectorAll("[data-mine]").forEach(offerStudy);
    // an upload field of Dash has no name that a screen reader could say
    document.querySelectorAll("input[type=file]:not([aria-label])").forEach(input => {
      input.setAttribute("aria-label", "choose a file with your data");
    });
    entitle();
    answersFirst();
    document.querySelectorAll(".js-plotly-plot").forEach(graph => { drawLegend(graph); arrange(graph); });
    document.querySelectorAll("#content details").forEach(keepFold);
    keepFocus();
    if (records.some(record => record.target.id === "content" && record.addedNodes.length)) keepTyped();
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-table", "data-page", "data-choice", "data-title"] });
})();
