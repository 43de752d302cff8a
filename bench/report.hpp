#pragma once

#include <string>
#include <vector>

namespace ostiary::bench {

/// What a row compares. A ratio is ours to theirs, unless the row has no other side: then the figure itself.
struct Row {
  std::string name;
  std::string unit;
  enum class Goal { at_least, at_most, none } direction;
  double goal;
  std::vector<double> ours;   ///< a figure a round
  std::vector<double> theirs = {};  ///< of the same rounds; empty where there is nothing to compare with
};

double median(std::vector<double> figures);

/// The median of the rounds' ratios: what else the machine does falls on both sides of a round.
double ratio(const Row& row);
bool is_reached(const Row& row);

/// A line of the table as people read it, a Markdown row.
std::string line(const Row& row);
std::string heading();

}  // namespace ostiary::bench
