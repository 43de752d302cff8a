#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostiary::bench {
namespace {

std::string number(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.1f}", value);
}

/// "7.4 (7.1 to 8.0)"
std::string figures(const std::vector<double>& rounds) {
  if (rounds.empty()) return "";
  const auto [least, most] = std::ranges::minmax(rounds);
  return fmt::format("{} ({} to {})", number(median(rounds)), number(least), number(most));
}

std::string goal_text(const Row& row) {
  switch (row.direction) {
    case Row::Goal::at_least: return fmt::format("at least {:.2f}", row.goal);
    case Row::Goal::at_most: return fmt::format("at most {:g}", row.goal);
    case Row::Goal::none: break;
  }
  return "";
}

}  // namespace

double median(std::vector<double> figures) {
  std::ranges::sort(figures);
  const auto middle = figures.size() / 2;
  return figures.size() % 2 == 1 ? figures[middle] : (figures[middle - 1] + figures[middle]) / 2;
}

double ratio(const Row& row) {
  if (row.theirs.empty()) return median(row.ours);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < row.ours.size(); ++i) ratios.push_back(row.ours[i] / row.theirs[i]);
  return median(ratios);
}

bool is_reached(const Row& row) {
  if (row.direction == Row::Goal::none) return true;
  return row.direction == Row::Goal::at_least ? ratio(row) >= row.goal : ratio(row) <= row.goal;
}

std::string heading() {
  return "| what | unit | Ostiary: median (spread) | against: median (spread) | ratio | goal | |\n"
         "|---|---|---|---|---|---|---|";
}

std::string line(const Row& row) {
  const std::string verdict = row.direction == Row::Goal::none ? "" : is_reached(row) ? "reached" : "MISSED";
  const std::string ratio_text = row.theirs.empty() ? "" : fmt::format("{:.2f}", ratio(row));
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} |", row.name, row.unit, figures(row.ours), figures(row.theirs),
                     ratio_text, goal_text(row), verdict);
}

}  // namespace ostiary::bench
