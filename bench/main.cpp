#include <sodium.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <thread>

#include <CLI/CLI.hpp>

#include "bare_servers.hpp"
#include "measure.hpp"

namespace ostiary::bench {
namespace {

using namespace std::chrono_literals;

struct Options {
  Plan plan;
  bool quick = false;
  std::vector<std::string> only;
  std::vector<std::string> engines{"SQLite", "PostgreSQL"};

  bool wants(const std::string& row) const { return only.empty() || std::ranges::find(only, row) != only.end(); }
};

const std::vector<std::string> names{"logins", "http", "grpc", "refresh", "flood", "memory", "start", "million"};

/// All rows, each said when it is there.
class Table {
 public:
  void add(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      std::cerr << "  " << line(row) << '\n';
      rows_.push_back(row);
    }
  }
  void add(const Row& row) { add(std::vector{row}); }
  double last_ratio() const { return ratio(rows_.back()); }
  void print() const {
    std::cout << '\n' << heading() << '\n';
    for (const Row& row : rows_) std::cout << line(row) << '\n';
  }

 private:
  std::vector<Row> rows_;
};

std::string load_average() {
  std::ifstream file("/proc/loadavg");
  std::string text;
  std::getline(file, text);
  return text;
}

/// Runs rows on a copy of a filled database, while bare loops have another one.
template <class Measure>
void on_copies(const Options& options, const std::string& label, const Place& filled, const Seed& seed,
               const Measure& measure) {
  const auto place = filled.copy();
  const auto bare_place = filled.copy();
  Server server(options.plan.program, *place);
  Bed bed{options.plan, label, seed, *bare_place, server};
  measure(bed);
}

/// How much of the ratio at a thousand people must be left at a million to call it the same.
constexpr double same_ratio = 0.95;

void run_million(const Options& options, const std::string& engine, const PostgresCluster* cluster,
                 const std::map<std::string, double>& at_thousand, Table& table) {
  std::cerr << engine << ": filling in a million accounts\n";
  const Place filled(cluster);
  const Seed seed = fill(filled, 1'000'000);
  const auto add = [&](Row row, const std::string& name) {
    if (const auto found = at_thousand.find(name); found != at_thousand.end()) row.goal = same_ratio * found->second;
    table.add(row);
  };
  const std::string label = engine + ", a million accounts";
  for (const std::size_t clients : {8, 32}) {
    on_copies(options, label, filled, seed, [&](Bed& bed) {
      add(measure_refreshes(bed, clients), "refresh " + std::to_string(clients));
      if (clients != 32) return;
      const auto logins = measure_logins(bed);
      table.add(logins.front());
      add(logins.back(), "logins");
    });
  }
}

void run_engine(const Options& options, const std::string& engine, const PostgresCluster* cluster, Table& table) {
  std::cerr << engine << ": filling in a thousand people\n";
  std::map<std::string, double> at_thousand;
  {
    const Place filled(cluster);
    const Seed seed = fill(filled, 1000);
    on_copies(options, engine, filled, seed, [&](Bed& bed) {
      if (options.wants("logins")) table.add(measure_logins(bed)), at_thousand["logins"] = table.last_ratio();
      if (options.wants("http")) table.add(measure_session_checks(bed));
      if (options.wants("grpc")) table.add(measure_grpc_checks(bed));
      if (options.wants("flood")) table.add(measure_flood(bed));
      if (options.wants("memory")) table.add(measure_memory_in_flood(bed));
    });
    for (const std::size_t clients : {8, 32}) {
      if (!options.wants("refresh")) break;
      on_copies(options, engine, filled, seed, [&](Bed& bed) { table.add(measure_refreshes(bed, clients)); });
      at_thousand["refresh " + std::to_string(clients)] = table.last_ratio();
    }
    if (options.wants("start")) table.add(measure_starts(options.plan, engine, filled));
  }
  if (!options.quick && options.wants("million")) run_million(options, engine, cluster, at_thousand, table);
}

int run(const Options& options) {
  Table table;
  std::cerr << "Load of the machine before: " << load_average() << '\n';
  for (const auto& engine : options.engines) {
    if (engine == "SQLite") {
      run_engine(options, engine, nullptr, table);
    } else {
      const PostgresCluster cluster;
      run_engine(options, engine, &cluster, table);
    }
  }
  std::cerr << "Load of the machine after: " << load_average() << '\n';
  table.print();
  return 0;
}

int serve_bare(const std::string& kind, std::uint16_t port, const std::string& file) {
  const auto answer = read_file(file);
  if (kind == "bare-http") serve_bare_http(port, 2, answer);
  else serve_bare_grpc(port, answer);
  return 0;
}

int start(int argc, char** argv) {
  Options options;
  options.plan.program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "ostiary";
  double seconds = 2;
  CLI::App app(
      "What the program costs, side by side with what the machine could do: both sides in turns, the median of several "
      "rounds. The table goes to standard output, progress to standard error.\n"
      "Rows: logins, http, grpc, refresh, flood, memory, start, million.");
  app.add_flag("--quick", options.quick, "Short rounds, and no million people: under three minutes");
  app.add_option("--rounds", options.plan.rounds, "How often each side runs")->capture_default_str();
  app.add_option("--seconds", seconds, "How long each side runs in a round")->capture_default_str();
  app.add_option("--only", options.only, "These rows alone")->check(CLI::IsMember(names));
  app.add_option("--engine", options.engines, "SQLite, PostgreSQL or both")
      ->check(CLI::IsMember({"SQLite", "PostgreSQL"}));
  app.add_option("--program", options.plan.program, "The program to measure")->capture_default_str();
  app.footer("Example: bench/run --only refresh --engine PostgreSQL --rounds 15");
  CLI11_PARSE(app, argc, argv);
  if (options.quick) {
    options.plan.rounds = 5;
    seconds = 0.8;
  }
  options.plan.phase = std::chrono::milliseconds(static_cast<int>(seconds * 1000));
  return run(options);
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  try {
    if (sodium_init() < 0) throw std::runtime_error("libsodium can't start");
    const std::vector<std::string> words(argv, argv + argc);
    if (words.size() == 4 && words[1].starts_with("bare-")) {
      return ostiary::bench::serve_bare(words[1], static_cast<std::uint16_t>(std::stoi(words[2])), words[3]);
    }
    return ostiary::bench::start(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "\nbench: " << error.what() << '\n';
    return 1;
  }
}
