// Sliders: from a position to a value, and what follows once the hand rests. Everything else is Python.
window.dash_clientside = window.dash_clientside || {};
(function () {
  const STEPS = 1000, REST = 150;
  let timer = null, waiting = null, since = 0;  // a drawing is under way since; what is to be drawn after it

  function valueAt(span, position) {
    if (position === span.at) return span.value;
    if (position === span.published_at) return span.published;
    const part = position / STEPS;
    const value = span.log ? span.low * Math.pow(span.high / span.low, part) : span.low + (span.high - span.low) * part;
    return Number(value.toPrecision(4));
  }

  function show(span, value) {
    const text = Number(value.toPrecision(4)) + " " + span.unit;
    const output = document.getElementById("value-" + span.name);
    if (output && output.textContent !== text) {
      output.textContent = text;
      const input = document.getElementById('{"name":"' + span.name + '","type":"slider"}');
      if (input) input.setAttribute("aria-valuetext", text);
    }
  }

  window.dash_clientside.livingdrug = {
    moved: function (positions, spans) {
      const changes = {};
      let touched = false;
      spans.forEach(function (span, i) {
        const position = Number(positions[i]), value = valueAt(span, position);
        touched = touched || position !== span.at;
        if (value !== span.published) changes[span.name] = value;
        show(span, value);
      });
      if (!touched && !window.livingdrug_touched) return window.dash_clientside.no_update;
      window.livingdrug_touched = true;
      const now = performance.now();
      if (since && now - since < 3000) {
        waiting = changes;
        return window.dash_clientside.no_update;
      }
      since = now;
      return changes;
    },
    reset: function (clicks, spans) {
      return spans.map(function (span) { return span.published_at; });
    },
    settle: function (query) {
      clearTimeout(timer);
      since = 0;
      if (waiting) {
        const next = waiting;
        waiting = null;
        since = performance.now();
        window.dash_clientside.set_props("changes", { data: next });
      }
      if (!query) return;
      timer = setTimeout(function () {
        if (document.getElementById("explore") === null) return;
        history.replaceState(null, "", window.location.pathname + "?" + query);
        document.querySelectorAll("a[data-export]").forEach(function (link) {
          link.href = "/export/" + link.dataset.export + "?" + query;
        });
        window.dash_clientside.set_props("settled", { data: query });
      }, REST);
    }
  };

  // an upload field of Dash has no name that a screen reader could say
  new MutationObserver(function () {
    document.querySelectorAll("input[type=file]:not([aria-label])").forEach(function (input) {
      input.setAttribute("aria-label", "choose a file with your data");
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
