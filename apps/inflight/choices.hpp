// Options whose values have names, and others of the kinds that commands share.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "inflight/detail/joined.hpp"
#include "inflight/inflight.hpp"
#include "options.hpp"
#include "quantity.hpp"
#include "usage.hpp"

namespace inflight::app {

template <class T>
using Names = std::map<std::string, T>;

inline const Names<PerformanceHint> kHints{{"latency", PerformanceHint::latency},
                                           {"throughput", PerformanceHint::throughput},
                                           {"tput", PerformanceHint::throughput},
                                           {"cumulative_throughput", PerformanceHint::cumulative_throughput},
                                           {"ctput", PerformanceHint::cumulative_throughput}};
inline const Names<ElementType> kPrecisions{
    {"f32", ElementType::f32}, {"f16", ElementType::f16}, {"bf16", ElementType::bf16}};
inline const Names<ElementType> kElementTypes{
    {"u8", ElementType::u8},     {"i8", ElementType::i8},   {"i32", ElementType::i32}, {"i64", ElementType::i64},
    {"bf16", ElementType::bf16}, {"f16", ElementType::f16}, {"f32", ElementType::f32}, {"f64", ElementType::f64}};
inline const Names<Api> kApis{{"sync", Api::sync}, {"async", Api::async}};
inline const Names<Mode> kModes{{"shared", Mode::shared},
                                {"serial", Mode::serial},
                                {"threads", Mode::threads},
                                {"processes", Mode::processes},
                                {"coroutines", Mode::coroutines}};
inline const Names<OverflowPolicy> kOverflowPolicies{{"wait", OverflowPolicy::wait},
                                                     {"drop_oldest", OverflowPolicy::drop_oldest},
                                                     {"drop_latest", OverflowPolicy::drop_latest}};
inline const Names<ColorMatrix> kColorMatrices{
    {"bt601", ColorMatrix::bt601}, {"bt709", ColorMatrix::bt709}, {"bt2020", ColorMatrix::bt2020}};
inline const Names<NmsMode> kNmsModes{{"class", NmsMode::class_wise}, {"agnostic", NmsMode::agnostic}};
inline const Names<BoxUnit> kBoxUnits{
    {"values", BoxUnit::by_values}, {"pixels", BoxUnit::pixels}, {"fractions", BoxUnit::fractions}};

/// An option whose value is one of a few names. `value` is a T, or an optional of one.
template <class T, class Value>
CLI::Option* add_choice(CLI::App& command, const std::string& flag, Value& value, const Names<T>& names) {
  auto set = [&value, &names](const std::string& name) { value = names.at(name); };
  std::vector<std::string> choices;
  for (const auto& [name, choice] : names) choices.push_back(name);
  return command.add_option_function<std::string>(flag, set)
      ->check(CLI::IsMember(choices))
      ->option_text(detail::joined(choices, "|"));
}

/// A whole number.
template <class T>
CLI::Option* add_number(CLI::App& command, const std::string& flag, T& value, int lowest = 1) {
  return command.add_option(flag, value)->check(at_least(lowest))->option_text("N");
}

template <class T>
CLI::Option* add_text(CLI::App& command, const std::string& flag, T& value, const std::string& kind) {
  return command.add_option(flag, value)->option_text(kind);
}

/// May be repeated; each time one value.
inline CLI::Option* add_texts(CLI::App& command, const std::string& flag, std::vector<std::string>& values,
                              const std::string& kind) {
  return command.add_option(flag, values)
      ->option_text(kind)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

inline CLI::Option* add_share(CLI::App& command, const std::string& flag, float& value) {
  return command.add_option(flag, value)->check(between(0, 1))->option_text("0..1");
}

/// Width and height in pixels.
inline CLI::Option* add_size(CLI::App& command, const std::string& flag, Size& value) {
  auto parse = [&value, flag](const std::string& text) {
    std::optional<Size> size = parse_size(text);
    if (!size) throw CLI::ValidationError(flag, fmt::format("{} is no size; write 640x640, width first", text));
    value = *size;
  };
  return command.add_option_function<std::string>(flag, parse)->option_text("WxH");
}

/// A time above 0; a bare number is of `unit`.
inline CLI::Option* add_duration(CLI::App& command, const std::string& flag, std::function<void(Duration)> set,
                                 Duration unit) {
  auto parse = [set = std::move(set), unit, flag](const std::string& text) {
    std::optional<Duration> value = parse_duration(text, unit);
    if (!value || *value <= Duration{0})
      throw CLI::ValidationError(flag, fmt::format("{} is no time above 0; write 30ms, 2s or 1.5min", text));
    set(*value);
  };
  return command.add_option_function<std::string>(flag, parse)->option_text("TIME");
}

}  // namespace inflight::app
