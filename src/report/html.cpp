// A page as one HTML file. Texts are escaped; charts travel as JSON that the page's own script draws.
#include "html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "embedded.hpp"

namespace inflight {
namespace {

using report::escaped;

std::string heading(const std::string& title) {
  return title.empty() ? "" : fmt::format("<h2>{}</h2>", escaped(title));
}

/// Numbers stand below each other by their ends; words by their beginnings.
bool is_number(const std::string& cell) {
  return cell.empty() || cell.starts_with("–") || cell.starts_with("±") || cell.front() == '-' ||
         std::isdigit(static_cast<unsigned char>(cell.front())) != 0;
}

std::vector<bool> columns_of_words(const Table& table) {
  std::size_t columns = table.head.size();
  for (const auto& row : table.rows) columns = std::max(columns, row.size());
  std::vector<bool> words(columns, false);
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < std::min(row.size(), words.size()); ++i) words[i] = words[i] || !is_number(row[i]);
  return words;
}

/// Needs the whole width of the page: sentences, or many numbers.
bool is_wide(const std::vector<bool>& words) {
  constexpr std::size_t kManyColumns = 7;
  return words.size() >= kManyColumns || std::count(words.begin(), words.end(), true) > 1;
}

std::string row_of(const std::vector<std::string>& cells, std::string_view tag, const std::vector<bool>& words) {
  std::string row = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i)
    row += fmt::format("<{0}{1}>{2}</{0}>", tag, i < words.size() && words[i] ? " class=\"words\"" : "",
                       escaped(cells[i]));
  return row + "</tr>\n";
}

std::string html_of(const Text& text) {
  return fmt::format("<section class=\"full\">{}<p class=\"text\">{}</p></section>\n", heading(text.title),
                     escaped(text.text));
}

std::string html_of(const Table& table) {
  const std::vector<bool> words = columns_of_words(table);
  std::string rows;
  for (const auto& row : table.rows) rows += row_of(row, "td", words);
  const std::string head = table.head.empty() ? "" : fmt::format("<thead>{}</thead>", row_of(table.head, "th", words));
  return fmt::format("<section{}>{}<div class=\"wide\"><table>{}<tbody>\n{}</tbody></table></div></section>\n",
                     is_wide(words) ? " class=\"full\"" : "", heading(table.title), head, rows);
}

std::string html_of(const Chart& chart) {
  return fmt::format(
      "<section>{}<div class=\"chart\" data-chart=\"chart\"><canvas role=\"img\" aria-label=\"{}\"></canvas>"
      "<script type=\"application/json\">{}</script></div></section>\n",
      heading(chart.title), escaped(chart.title), report::script_data(chart));
}

std::string left_out(const Timeline& timeline) {
  return timeline.left_out == 0 ? "" : fmt::format("<span>{} in between left out</span>", timeline.left_out);
}

std::string html_of(const TimelineChart& chart) {
  return fmt::format(
      "<section class=\"full\">{0}<div class=\"timeline\" data-chart=\"timeline\"><div class=\"tools\">"
      "<button type=\"button\" data-do=\"in\">zoom in</button><button type=\"button\" data-do=\"out\">zoom out</button>"
      "<button type=\"button\" data-do=\"all\">all</button><span class=\"legends tools\"></span>{1}"
      "<span class=\"hint\">wheel or pinch zooms, dragging moves, pointing tells</span></div>"
      "<canvas role=\"img\" tabindex=\"0\" aria-label=\"{2}\"></canvas><div class=\"tip\" hidden></div>"
      "<script type=\"application/json\">{3}</script></div></section>\n"
      "<section class=\"full\">{4}<div class=\"chart latency\"><canvas></canvas></div></section>\n",
      heading(chart.title), left_out(chart.timeline), escaped(chart.title), report::script_data(chart.timeline),
      heading("Latency of each request"));
}

std::string script(std::string_view text) { return fmt::format("<script>\n{}\n</script>\n", text); }

}  // namespace

std::string to_html(const Page& page) {
  std::string sections;
  for (const Section& section : page.sections)
    sections += std::visit([](const auto& one) { return html_of(one); }, section);
  // The policy lets nothing in from outside, whatever the page holds. The licences stand after the character set, which
  // browsers look for at the very beginning.
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n"
      "<style>\n{1}</style>\n</head>\n<body>\n"
      "<header><div><h1>{0}</h1><p class=\"subtitle\">{2}</p></div>"
      "<button type=\"button\" id=\"theme\">dark / light</button></header>\n"
      "<noscript><p>The charts need JavaScript.</p></noscript>\n<main>\n{3}</main>\n"
      "<footer>Made by Inflight; charts by Chart.js.</footer>\n<!--\n{4}-->\n{5}{6}{7}</body>\n</html>\n",
      escaped(page.title), report::kPageCss, escaped(page.subtitle), sections, report::kLicences,
      script(report::kChartJs), script(report::kTimelineJs), script(report::kPageJs));
}

}  // namespace inflight
