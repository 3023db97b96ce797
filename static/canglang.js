"use strict";
// What a page does besides HTML: charts, select boxes with search, keys for review, one submit per click. Every page works without it.

(() => {
  const INK = "#1f2a2e", PALETTE = ["#1d6b5f", "#8a5300", "#a1301f", "#55636a", "#6fb8aa", "#c79a4b"];

  // --- charts: data stands in a JSON block beside the figure, and in a table below it -----------------------------------
  function option(kind, data) {
    const base = {
      color: PALETTE,
      animation: false,
      textStyle: { color: INK, fontFamily: "inherit" },
      tooltip: { trigger: kind === "pie" ? "item" : "axis", renderMode: "richText" },
      grid: { left: 8, right: 16, top: data.series.length > 1 ? 36 : 16, bottom: 8, containLabel: true },
      legend: data.series.length > 1 ? { top: 0, type: "scroll" } : undefined,
    };
    if (kind === "pie") {
      const values = data.series[0].values.map((value, place) => ({ name: data.labels[place], value }));
      return { ...base, grid: undefined, series: [{ type: "pie", radius: ["45%", "72%"], data: values, label: { formatter: "{b}: {c}" } }] };
    }
    const names = { type: "category", data: data.labels, axisLabel: { hideOverlap: true } }, figures = { type: "value" };
    const lying = kind === "hbar";
    return {
      ...base,
      xAxis: lying ? figures : names,
      yAxis: lying ? { ...names, inverse: true } : figures,
      series: data.series.map((item) => ({ name: item.name, type: kind === "line" ? "line" : "bar", data: item.values, barMaxWidth: 28 })),
    };
  }

  function draw(root) {
    const places = root.querySelectorAll("[data-chart]:not([data-drawn])");
    if (!places.length || typeof echarts === "undefined") return;
    for (const place of places) {
      place.dataset.drawn = "1";
      const source = document.getElementById(place.dataset.source);
      const chart = echarts.init(place, null, { renderer: "canvas" });
      chart.setOption(option(place.dataset.chart, JSON.parse(source.textContent)));
      new ResizeObserver(() => chart.resize()).observe(place);
    }
  }

  // --- select boxes with search -------------------------------------------------------------------------------------------
  function selects(root) {
    if (typeof TomSelect === "undefined") return;
    for (const box of root.querySelectorAll("select[data-search]:not(.tomselected)")) {
      // The script points the label to its own input; the box behind it keeps its name all the same.
      if (box.labels && box.labels[0]) box.setAttribute("aria-label", box.labels[0].textContent.replace("*", "").trim());
      new TomSelect(box, { maxOptions: 500, plugins: box.multiple ? ["remove_button"] : [] });
    }
  }

  // --- one submit per click; a form that needs a yes asks for it -----------------------------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); return; }
    if (form.dataset.sending) { event.preventDefault(); return; }
    if (form.method === "post" && !form.target) {
      form.dataset.sending = "1";
      window.setTimeout(() => delete form.dataset.sending, 8000);
    }
  });
  // A form that htmx sends stays on its page where the answer is only a message: it can be sent again at once.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form");
    if (form) delete form.dataset.sending;
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach((form) => delete form.dataset.sending));

  // --- keys: [data-key="c"] is pressed by c, unless somebody is typing -------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const box = document.querySelector("[data-find]") || document.getElementById("find");
      if (box) { event.preventDefault(); box.focus(); }
      return;
    }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]:not([disabled])`);
    if (target) { event.preventDefault(); target.focus(); target.click(); }
  });

  // --- ticks: "all" and "none" for a group of boxes ----------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const control = event.target.closest("[data-tick]");
    if (!control) return;
    const boxes = document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(control.dataset.group)}"]`);
    boxes.forEach((box) => { box.checked = control.dataset.tick === "all"; });
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  function ready(root) {
    draw(root);
    selects(root);
    const wrong = root.querySelector("[data-focus]");
    if (wrong) wrong.focus();
  }
  document.addEventListener("DOMContentLoaded", () => ready(document));
  document.addEventListener("htmx:afterSettle", (event) => ready(event.target));
  document.addEventListener("htmx:sendError", () => {
    const place = document.getElementById("messages"), text = document.body.dataset.offline;
    if (place && text) { const note = document.createElement("div"); note.className = "alert alert-warning"; note.setAttribute("role", "alert"); note.textContent = text; place.replaceChildren(note); }
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    if (token) event.detail.headers["X-CSRFToken"] = token.value;
  });
})();

// --- access: a question before one button of several, and what was typed kept over a lost session --------------------------
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-ask]");
    if (button && !window.confirm(button.dataset.ask)) event.preventDefault();
  });

  // A form with data-keep is remembered in this tab while it is written. After a new sign-in it is filled again; once it was
  // sent and answered by another page it is forgotten; signing out forgets all of it.
  const PREFIX = "kept:";
  const fieldsOf = (form) => [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && name !== "once" && name !== "version" && typeof value === "string");
  const keep = (form, sent) => {
    try { sessionStorage.setItem(PREFIX + form.dataset.keep, JSON.stringify({ sent, fields: fieldsOf(form) })); } catch { /* no room: then it is not kept */ }
  };

  function fill(form, fields) {
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) || []), value]);
    for (const input of form.elements) {
      if (!input.name || ["hidden", "submit", "button"].includes(input.type)) continue;
      const wanted = values.get(input.name) || [];
      if (input.type === "checkbox" || input.type === "radio") {
        const before = input.checked;
        input.checked = wanted.includes(input.value);
        if (input.checked && !before) input.dispatchEvent(new Event("change", { bubbles: true }));
      }
      else if (input.tomselect) input.tomselect.setValue(wanted, true);
      else if (input.multiple) for (const item of input.options) item.selected = wanted.includes(item.value);
      else if (wanted.length) input.value = wanted[0];
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const forms = [...document.querySelectorAll("form[data-keep]")];
    const here = new Set(forms.map((form) => PREFIX + form.dataset.keep));
    const signingIn = document.querySelector("input[type=password]") !== null;
    for (const key of Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX))) {
      if (!here.has(key) && !signingIn && JSON.parse(sessionStorage.getItem(key)).sent) sessionStorage.removeItem(key);
    }
    for (const form of forms) {
      const key = PREFIX + form.dataset.keep, kept = sessionStorage.getItem(key);
      const answered = kept && JSON.parse(kept).sent && !/\/sign-in\//.test(document.referrer);
      if (form.dataset.bound || answered) sessionStorage.removeItem(key);
      else if (kept) {
        const rows = form.querySelector("[name=condition-count]"), { fields } = JSON.parse(kept);
        const count = (fields.find(([name]) => name === "condition-count") || [])[1];
        fill(form, fields);
        if (rows && window.htmx && Number(count) > 0) {
          const values = Object.fromEntries(fields.filter(([name]) => name.startsWith("condition-")));
          window.htmx.ajax("POST", form.dataset.filter, { target: "#row-filter", swap: "outerHTML", values });
        }
        form.dispatchEvent(new CustomEvent("restored", { bubbles: true }));
      }
      form.addEventListener("input", () => keep(form, false));
      form.addEventListener("submit", () => keep(form, true));
    }
  });
  document.addEventListener("restored", (event) => {
    const note = document.createElement("div");
    note.className = "alert alert-info";
    note.setAttribute("role", "status");
    note.textContent = event.target.dataset.kept;
    event.target.prepend(note);
  });
  document.addEventListener("submit", (event) => {
    if (!/\/sign-out\//.test(event.target.action)) return;
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  });
})();

// --- privacy: a form that opens takes the focus and closes its neighbour; what htmx gets instead of a page of ours ----------------
(() => {
  document.addEventListener("toggle", (event) => {
    const box = event.target;
    if (!box.matches("details[data-first-field]") || !box.open) return;
    for (const other of box.parentElement.querySelectorAll(":scope > details[open]")) if (other !== box) other.open = false;
    const first = box.querySelector("[data-focus], .ts-control input, select:not(.tomselected), textarea, input:not([type=hidden])");
    if (first) first.focus();
  }, true);
  document.addEventListener("keydown", (event) => {
    const box = event.key === "Escape" && event.target.closest("details[data-first-field][open]");
    if (box) { box.open = false; box.querySelector("summary").focus(); }
  });
  // The session ended: the answer is the page to sign in, which belongs in no part of this one.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const came = event.detail.xhr.responseURL || "";
    if (/\/accounts\/sign-in\//.test(came) && !/\/accounts\/sign-in\//.test(location.pathname)) {
      event.detail.shouldSwap = false;
      location.assign(came);
    }
  });
  document.addEventListener("htmx:responseError", () => {
    const place = document.getElementById("messages"), text = document.body.dataset.refused;
    if (place && text) { const note = document.createElement("div"); note.className = "alert alert-warning"; note.setAttribute("role", "alert"); note.textContent = text; place.replaceChildren(note); }
  });
})();

// --- home, account, administration: a form outlives its session; copying a link ------------------------------------------------
(() => {
  // Signing in (in another tab, too) renews the token that forms carry. The cookie has the one that counts.
  const token = () => (document.cookie.split("; ").find((part) => part.startsWith("csrftoken=")) || "").slice(10);
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector("input[name=csrfmiddlewaretoken]");
    if (field && token()) field.value = token();
  }, true);
  document.addEventListener("htmx:configRequest", (event) => {
    if (token()) event.detail.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-select]")) event.target.select(); });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.querySelector(button.dataset.copy);
    field.select();
    try {
      if (navigator.clipboard) await navigator.clipboard.writeText(field.value); else document.execCommand("copy");
      button.querySelector("span").textContent = button.dataset.copied;
    } catch { /* selected is enough: the person copies it */ }
  });
})();
