// What every page carries with it. The definitions are made when the library is built, from src/report/page/ and
// the system's Chart.js.
#pragma once

#include <string_view>

namespace inflight::report {

extern const std::string_view kChartJs, kPageCss, kPageJs, kTimelineJs, kLicences;

}  // namespace inflight::report
