#include "cli/complaint.hpp"

#include <iostream>
#include <string>

namespace ostiary::cli {

void complain(std::string_view what) { std::cerr << "ostiary: " + std::string(what) + "\n"; }

}  // namespace ostiary::cli
