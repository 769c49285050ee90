// Draws the charts of the page from the JSON within it. Says on <html> when it is done (data-ready: how many charts)
// and what went wrong (data-errors), for tests.
(() => {
  const root = document.documentElement;
  const errors = [];
  const note = (error) => { errors.push(String(error)); root.dataset.errors = errors.join("; "); };
  addEventListener("error", (event) => note(event.message));

  // ---- theme ----

  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const redraws = [];
  const setTheme = (theme) => { root.dataset.theme = theme; for (const redraw of redraws) redraw(); };
  const isDark = () => root.dataset.theme === "dark";
  let chosen = false;
  root.dataset.theme = prefersDark.matches ? "dark" : "light";
  prefersDark.addEventListener("change", () => { if (!chosen) setTheme(prefersDark.matches ? "dark" : "light"); });
  document.getElementById("theme").addEventListener("click", () => { chosen = true; setTheme(isDark() ? "light" : "dark"); });
  let beforePrint = null;  // paper is white
  addEventListener("beforeprint", () => { beforePrint = root.dataset.theme; setTheme("light"); });
  addEventListener("afterprint", () => setTheme(beforePrint));

  // Okabe and Ito's colours, which colour-blind readers can tell apart; lighter ones on dark ground.
  const kLight = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#7a5195", "#5b6572"];
  const kDark = ["#56b4e9", "#ff9e4a", "#35c79a", "#e6a5c9", "#f0e442", "#8ecbff", "#b79cff", "#9aa6b4"];
  const colour = (i) => (isDark() ? kDark : kLight)[i % kLight.length];
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // ---- charts ----

  const fitted = (ctx, text, width) => {
    while (text.length > 4 && ctx.measureText(text).width > width) text = text.slice(0, -2).replace(/…$/, "") + "…";
    return text;
  };

  /// Vertical lines across a chart, with their labels above it.
  const markers = {
    id: "markers",
    afterDatasetsDraw(chart) {
      const {ctx, chartArea: area, scales: {x}} = chart;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = css("--ink");
      ctx.setLineDash([4, 3]);
      ctx.font = "11px system-ui, sans-serif";
      let free = -Infinity;
      for (const {x: at, label} of chart.config._config.markers || []) {
        const px = x.getPixelForValue(at);
        if (!(px >= area.left - 1 && px <= area.right + 1)) continue;
        ctx.beginPath(); ctx.moveTo(px, area.top); ctx.lineTo(px, area.bottom); ctx.stroke();
        const text = fitted(ctx, label, area.right - area.left), width = ctx.measureText(text).width;
        const left = Math.min(px - 4, area.right - width);
        if (left < free) continue;  // labels do not lie on each other
        ctx.fillText(text, left, area.top - 5);
        free = left + width + 6;
      }
      ctx.restore();
    },
  };

  const title = (text) => ({display: !!text, text, color: css("--faint")});
  const axis = (text, more) => ({title: title(text), grid: {color: css("--line")}, border: {color: css("--line")},
                                 ticks: {color: css("--faint"), maxRotation: 60, autoSkipPadding: 12, includeBounds: false}, ...more});

  const dataset = (chart, series, i) => {
    const points = chart.categories ? series.y : series.y.map((y, k) => ({x: series.x[k], y}));
    const few = points.length <= 40;
    return {label: series.name, data: points, borderColor: colour(i), stepped: chart.kind === "step",
            backgroundColor: chart.kind === "bar" ? colour(i) + "cc" : colour(i), borderWidth: chart.kind === "bar" ? 0 : 1.75,
            pointRadius: chart.kind === "scatter" ? (points.length > 500 ? 1.2 : 2.5) : few ? 2 : 0, pointHitRadius: 8,
            showLine: chart.kind !== "scatter", categoryPercentage: 0.9, barPercentage: points.length > 25 ? 1.05 : 0.9};
  };

  /// From a round number at or below the first x; Chart.js would begin to count at the first.
  const range = (chart) => {
    let least = Infinity, most = -Infinity;
    for (const {x} of chart.series) for (const value of x) { least = Math.min(least, value); most = Math.max(most, value); }
    if (!(most > least)) return {};
    const step = 10 ** Math.floor(Math.log10((most - least) / 2));
    return {min: least >= 0 && least < most / 4 ? 0 : Math.floor(least / step) * step, max: most};
  };

  const configuration = (chart) => ({
    type: chart.kind === "bar" ? "bar" : chart.kind === "scatter" ? "scatter" : "line",
    data: {labels: chart.categories, datasets: chart.series.map((series, i) => dataset(chart, series, i))},
    markers: chart.markers,
    plugins: [markers],
    options: {
      animation: false, maintainAspectRatio: false, responsive: true, normalized: true,
      interaction: {mode: chart.kind === "scatter" ? "nearest" : "index", intersect: false},
      layout: {padding: {top: chart.markers.length ? 16 : 4, right: 8}},
      plugins: {legend: {display: chart.series.length > 1, position: "bottom", labels: {color: css("--ink"), boxWidth: 12}}},
      scales: {
        x: axis(chart.x_label, chart.categories ? {} : {type: "linear", bounds: "data", ...range(chart)}),
        y: axis(chart.y_label, {type: chart.log_y ? "logarithmic" : "linear", beginAtZero: !chart.log_y}),
      },
    },
  });

  /// Draws into `canvas`, and again when the theme changes.
  const draw = (canvas, chart) => {
    let drawn = new Chart(canvas, configuration(chart));
    redraws.push(() => { drawn.destroy(); drawn = new Chart(canvas, configuration(chart)); });
  };

  // ---- all of them ----

  addEventListener("DOMContentLoaded", () => {
    let count = 0;
    for (const holder of document.querySelectorAll("[data-chart]")) {
      try {
        const data = JSON.parse(holder.querySelector("script").textContent);
        const tools = {colour, css, draw, onTheme: (redraw) => redraws.push(redraw)};
        if (holder.dataset.chart === "timeline") drawTimeline(holder, data, tools);
        else draw(holder.querySelector("canvas"), data);
        ++count;
      } catch (error) { note(error); }
    }
    root.dataset.ready = count;
  });
})();
