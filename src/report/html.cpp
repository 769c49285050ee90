// A page as one HTML file. Texts are escaped here; charts travel as JSON that the page's own script draws.
#include "html.hpp"

#include <fmt/format.h>

#include "inflight/report.hpp"

namespace inflight {
namespace {

using report::escaped;

std::string heading(const std::string& title) {
  return title.empty() ? "" : fmt::format("<h2>{}</h2>\n", escaped(title));
}

std::string row_of(const std::vector<std::string>& cells, std::string_view tag) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) row += fmt::format("<{0}>{1}</{0}>", tag, escaped(cell));
  return row + "</tr>\n";
}

std::string html_of(const Text& text) {
  return fmt::format("<section>{}<p class=\"text\">{}</p></section>\n", heading(text.title), escaped(text.text));
}

std::string html_of(const Table& table) {
  std::string rows;
  for (const auto& row : table.rows) rows += row_of(row, "td");
  return fmt::format(
      "<section>{}<div class=\"wide\"><table><thead>{}</thead><tbody>\n{}</tbody></table></div></section>\n",
      heading(table.title), row_of(table.head, "th"), rows);
}

std::string html_of(const Chart& chart) {
  Table table{chart.title, {chart.x_label}, {}};
  for (const Series& series : chart.series) table.head.push_back(series.name);
  const std::size_t rows = chart.series.empty() ? 0 : chart.series.front().y.size();
  for (std::size_t i = 0; i < rows; ++i) {
    std::vector<std::string> row{chart.categories.empty() ? fmt::format("{}", chart.series.front().x[i])
                                                          : chart.categories[i]};
    for (const Series& series : chart.series) row.push_back(fmt::format("{}", series.y[i]));
    table.rows.push_back(std::move(row));
  }
  return html_of(table);
}

std::string html_of(const TimelineChart& chart) {
  return html_of(Text{chart.title, fmt::format("{} requests in {:.3f} s", chart.timeline.requests.size(),
                                               to_seconds(chart.timeline.length))});
}

}  // namespace

std::string to_html(const Page& page) {
  std::string sections;
  for (const Section& section : page.sections)
    sections += std::visit([](const auto& one) { return html_of(one); }, section);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title></head>\n"
      "<body><h1>{0}</h1><p>{1}</p>\n{2}</body></html>\n",
      escaped(page.title), escaped(page.subtitle), sections);
}

}  // namespace inflight
