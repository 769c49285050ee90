// A timeline on a canvas of its own: a row for each thread, pooled request and kind of mark; wheel or pinch zooms, dragging
// pans, hovering tells. Requests and spans are columns of numbers in microseconds, sorted by their beginnings.
function drawTimeline(holder, data, {colour, css, draw, onTheme}) {
  const canvas = holder.querySelector("canvas");
  const tip = holder.querySelector(".tip");
  const context = canvas.getContext("2d");

  // ---- data ----

  /// Columns that only grow, or nearly so, travel as differences.
  const summed = (deltas) => { let sum = 0; return Float64Array.from(deltas, (delta) => (sum += delta)); };
  const requests = data.requests, spans = data.spans;
  requests.begin = summed(requests.begin);
  requests.number = summed(requests.number);
  spans.begin = summed(spans.begin);
  spans.frame = summed(spans.frame);
  const endOf = (columns, i) => columns.begin[i] + columns.length[i];

  /// Rows: {name, kind, items: indices by beginning, columns}.
  const byKey = (columns, keys) => {
    const rows = new Map();
    for (let i = 0; i < keys.length; ++i) {
      if (!rows.has(keys[i])) rows.set(keys[i], []);
      rows.get(keys[i]).push(i);
    }
    return [...rows].sort(([a], [b]) => a - b);
  };
  const every = Uint32Array.from(requests.begin, (_, i) => i);
  const byEnd = every.slice().sort((a, b) => endOf(requests, a) - endOf(requests, b));
  const rows = [];
  if (every.length) {
    rows.push({name: "submitted", kind: "submit", items: every, columns: requests});
    rows.push({name: "results", kind: "result", items: byEnd, columns: requests});
  }
  for (const [lane, items] of byKey(requests, requests.lane))
    rows.push({name: `request ${lane}`, kind: "request", items, columns: requests});
  const batches = data.batches;
  if (batches.begin.length)
    rows.push({name: "batches", kind: "batch", items: Uint32Array.from(batches.begin, (_, i) => i), columns: batches});
  for (const [thread, items] of byKey(spans, spans.thread))
    rows.push({name: data.threads[thread], kind: "span", items, columns: spans});

  // ---- geometry ----

  const kTop = 34, kAxis = 20;
  const rowHeight = rows.length > 60 ? 7 : rows.length > 30 ? 11 : 17;
  const height = kTop + rows.length * rowHeight + kAxis;
  let width = 0, left = 0;
  const first = Math.min(0, ...data.events.map((event) => event.at)), last = Math.max(data.length, 1);
  let from = 0, to = last;  // what is seen, µs
  const px = (time) => left + (time - from) / (to - from) * (width - left);
  const timeAt = (x) => from + (x - left) / (width - left) * (to - from);
  const ms = (time) => (time / 1000).toLocaleString("en", {maximumFractionDigits: 3}) + " ms";

  /// The first item of a row that begins at or after `time`, less the few that may reach into it.
  const lowerBound = (row, time) => {
    const begin = row.kind === "result" ? (i) => endOf(requests, i) : (i) => row.columns.begin[i];
    let low = 0, high = row.items.length;
    while (low < high) { const middle = (low + high) >> 1; begin(row.items[middle]) < time ? low = middle + 1 : high = middle; }
    return low;
  };

  const colourOf = (row, i) => {
    if (row.kind === "span") return colour(data.devices.length + spans.stage[i]);
    if (row.kind === "batch") return colour(batches.device[i]);
    return requests.failed[i] ? "#e5484d" : colour(requests.device[i]);
  };

  // ---- drawing ----

  /// Bars. Those that fall into the same pixel as the one before are not drawn: there may be a hundred thousand.
  const drawBars = (row, y) => {
    const h = Math.max(rowHeight - 3, 3);
    let drawnTo = -Infinity;
    for (let k = Math.max(0, lowerBound(row, from) - 2); k < row.items.length; ++k) {
      const i = row.items[k], begin = row.columns.begin[i];
      if (begin > to) break;
      const x0 = Math.max(px(begin), left), x1 = Math.min(px(endOf(row.columns, i)), width);
      if (x1 < left || x1 <= drawnTo) continue;
      const x = Math.max(x0, drawnTo), w = Math.max(x1 - x, 1);
      context.fillStyle = colourOf(row, i);
      context.globalAlpha = row.kind === "request" ? 0.55 : 0.85;
      context.fillRect(x, y + 1, w, h);
      drawnTo = x + w + (w > 3 ? 0.75 : 0);
      if (w < 6 || row.kind === "batch") continue;
      context.globalAlpha = 1;  // where it was given to the engine, and where its result came
      context.fillRect(x0, y + 1, 2, h);
      if (row.kind !== "request") continue;
      context.beginPath(); context.arc(x1 - 2, y + 1 + h / 2, Math.min(2.5, h / 2), 0, 7); context.fill();
      const due = px(begin - requests.late[i]);
      if (requests.late[i] > 0) context.fillRect(Math.max(due, left), y + h / 2, Math.max(0, x0 - Math.max(due, left)), 1);
    }
    context.globalAlpha = 1;
  };

  const drawMarks = (row, y) => {
    let drawn = -Infinity;
    for (let k = lowerBound(row, from); k < row.items.length; ++k) {
      const i = row.items[k], time = row.kind === "result" ? endOf(requests, i) : requests.begin[i];
      if (time > to) break;
      const x = px(time);
      if (x < drawn + 1) continue;
      drawn = x;
      context.fillStyle = colourOf(row, i);
      context.fillRect(x - 0.75, y + 2, 1.5, rowHeight - 4);
    }
  };

  const drawAxis = () => {
    const wanted = (to - from) / Math.max(2, (width - left) / 110);
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = power * ([1, 2, 5].find((m) => m * power >= wanted) || 10);
    context.fillStyle = css("--faint");
    context.strokeStyle = css("--line");
    context.textAlign = "center";
    const unit = step >= 1e5 ? [1e6, "s"] : step >= 100 ? [1e3, "ms"] : [1, "µs"];
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
      const x = px(t);
      context.beginPath(); context.moveTo(x, kTop - 4); context.lineTo(x, height - kAxis); context.stroke();
      const text = `${+(t / unit[0]).toFixed(6)} ${unit[1]}`, half = context.measureText(text).width / 2;
      if (x - half >= left - 10) context.fillText(text, Math.min(x, width - half), height - 6);
    }
  };

  const drawEvents = () => {
    context.strokeStyle = context.fillStyle = css("--ink");
    context.textAlign = "left";
    let free = [left, left];  // two lines of labels
    for (const event of data.events) {
      if (event.at < from || event.at > to) continue;
      const x = px(event.at);
      context.setLineDash([4, 3]);
      context.beginPath(); context.moveTo(x, 2); context.lineTo(x, height - kAxis); context.stroke();
      context.setLineDash([]);
      for (const text of [`${event.kind} ${event.device}`, event.kind]) {  // the longer, where there is room
        const w = context.measureText(text).width, at = Math.min(x + 4, width - w);
        const line = free.findIndex((until) => at >= until);
        if (line < 0) continue;
        context.fillText(text, at, 11 + 13 * line);
        free[line] = at + w + 8;
        break;
      }
    }
  };

  const drawAll = () => {
    context.clearRect(0, 0, width, height);
    context.font = `${Math.min(12, rowHeight - 1)}px system-ui, sans-serif`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    rows.forEach((row, r) => {
      const y = kTop + r * rowHeight;
      context.fillStyle = css("--faint");
      if (rowHeight > 8 || r % 4 === 0) context.fillText(row.name, 0, y + rowHeight / 2, left - 6);
    });
    context.textBaseline = "alphabetic";
    context.font = "11px system-ui, sans-serif";
    drawAxis();
    rows.forEach((row, r) => (row.kind === "submit" || row.kind === "result" ? drawMarks : drawBars)(row, kTop + r * rowHeight));
    drawEvents();
  };

  let pending = 0;
  const redraw = () => { pending = pending || requestAnimationFrame(() => { pending = 0; drawAll(); }); };

  const resize = () => {
    const ratio = devicePixelRatio || 1;
    width = holder.clientWidth;
    left = Math.min(92, width / 4);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawAll();
  };

  // ---- looking around ----

  const show = (begin, end) => {
    const span = Math.min(Math.max(end - begin, 5), last - first);
    from = Math.min(Math.max(begin, first), last - span);
    to = from + span;
    tip.hidden = true;
    redraw();
  };
  const zoom = (factor, x) => { const t = timeAt(x); show(t - (t - from) * factor, t + (to - t) * factor); };
  const middle = () => (left + width) / 2;

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const shift = event.deltaX / width * (to - from);
      show(from + shift, to + shift);
    } else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY * 0.002))), event.offsetX);
  }, {passive: false});

  const fingers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event.offsetX);
    if (event.pointerType !== "mouse") tell(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return tell(event);
    const before = [...fingers.values()];
    fingers.set(event.pointerId, event.offsetX);
    const now = [...fingers.values()];
    if (now.length === 1) {
      if (now[0] === before[0]) return;
      const shift = (before[0] - now[0]) / (width - left) * (to - from);
      return show(from + shift, to + shift);
    }
    const apart = (xs) => Math.max(Math.abs(xs[0] - xs[1]), 8);
    zoom(apart(before) / apart(now), (now[0] + now[1]) / 2);
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  canvas.addEventListener("dblclick", () => show(0, last));
  canvas.addEventListener("keydown", (event) => {
    const shift = (to - from) / 5;
    const action = {"+": () => zoom(0.5, middle()), "-": () => zoom(2, middle()), "0": () => show(0, last),
                    ArrowLeft: () => show(from - shift, to - shift), ArrowRight: () => show(from + shift, to + shift)}[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  for (const button of holder.querySelectorAll("button"))
    button.addEventListener("click", () => ({in: () => zoom(0.5, middle()), out: () => zoom(2, middle()), all: () => show(0, last)}[button.dataset.do])());

  // ---- telling ----

  const describe = (row, i) => {
    const {begin, length} = row.columns;
    const times = `${ms(begin[i])} → ${ms(begin[i] + length[i])}: ${ms(length[i])}`;
    if (row.kind === "span") return `${data.stages[spans.stage[i]]}, frame ${spans.frame[i]}\n${times}`;
    if (row.kind === "batch") return `batch of ${batches.size[i]} on ${data.devices[batches.device[i]]}, from request #${batches.number[i]}\n${times}`;
    const late = requests.late[i] > 0 ? `\ndue ${ms(begin[i] - requests.late[i])}, ${ms(requests.late[i])} late` : "";
    const batch = requests.batch[i] > 1 ? `, in a batch of ${requests.batch[i]}` : "";
    return `request #${requests.number[i]} on ${data.devices[requests.device[i]]}${batch}${requests.failed[i] ? ", failed" : ""}\n${times}${late}`;
  };

  const itemAt = (row, time) => {
    const near = 4 / (width - left) * (to - from);
    for (let k = Math.min(lowerBound(row, time + near), row.items.length) - 1, tries = 0; k >= 0 && tries < 16; --k, ++tries) {
      const i = row.items[k], mark = row.kind === "submit" ? row.columns.begin[i] : endOf(row.columns, i);
      if (row.kind === "submit" || row.kind === "result" ? Math.abs(mark - time) <= near : mark >= time - near) return i;
    }
    return -1;
  };

  const eventAt = (x) => data.events.find((event) => Math.abs(px(event.at) - x) < 5);

  function tell(event) {
    const row = rows[Math.floor((event.offsetY - kTop) / rowHeight)];
    const i = row && event.offsetX >= left ? itemAt(row, timeAt(event.offsetX)) : -1;
    const happened = i < 0 ? eventAt(event.offsetX) : null;
    tip.hidden = i < 0 && !happened;
    if (tip.hidden) return;
    tip.textContent = happened ? `${happened.device} ${happened.kind}, ${ms(happened.at)}\n${happened.text}` : describe(row, i);
    const box = canvas.getBoundingClientRect(), outer = holder.getBoundingClientRect();
    tip.style.left = Math.max(0, Math.min(event.offsetX + 12, width - tip.offsetWidth)) + "px";
    tip.style.top = event.offsetY + 16 + box.top - outer.top + "px";
  }

  // ---- legend, and the latency of each request ----

  const legend = holder.querySelector(".legends");
  const names = [...data.devices, ...data.stages];
  const paintLegend = () => {
    legend.replaceChildren(...names.map((name, i) => {
      const item = document.createElement("span"), swatch = document.createElement("span");
      item.className = "legend"; swatch.className = "swatch"; swatch.style.background = colour(i);
      item.append(swatch, name);
      return item;
    }));
  };

  /// At most some 1500 points for each device: of each stretch of requests, the fastest and the slowest.
  const latencies = (device) => {
    const mine = Array.from(every.filter((i) => requests.device[i] === device && !requests.failed[i]));
    mine.sort((a, b) => requests.number[a] - requests.number[b]);
    const value = (i) => (requests.length[i] + requests.late[i]) / 1000;
    const stride = Math.max(1, Math.ceil(mine.length / 750)), x = [], y = [];
    for (let k = 0; k < mine.length; k += stride) {
      const some = mine.slice(k, k + stride).sort((a, b) => value(a) - value(b));
      for (const i of some.length > 1 ? [some[0], some[some.length - 1]] : some) { x.push(requests.number[i]); y.push(value(i)); }
    }
    return {name: data.devices[device], x, y};
  };

  /// Events as iterations: the first request submitted after them.
  const markers = data.events.filter((event) => event.at >= 0 && ["switched", "failed", "readmitted", "rebuilt"].includes(event.kind))
    .map((event) => ({x: requests.number[lowerBound({kind: "request", items: every, columns: requests}, event.at)],
                      label: `${event.kind} ${event.device}`}))
    .filter((marker) => marker.x !== undefined);

  paintLegend();
  onTheme(() => { paintLegend(); drawAll(); });
  new ResizeObserver(resize).observe(holder);
  resize();
  const below = holder.parentElement.nextElementSibling.querySelector(".latency canvas");
  if (below && every.length)
    draw(below, {kind: "scatter", x_label: "request", y_label: "latency, ms", series: data.devices.map((_, d) => latencies(d)), markers});
}
