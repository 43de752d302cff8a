#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/database.hpp"
#include "temporary_folder.hpp"

namespace ostiary::testing {

/// What the contract suite runs on.
enum class TestedEngine { sqlite, postgres_debian, postgres_newer };

inline constexpr TestedEngine tested_engines[] = {TestedEngine::sqlite, TestedEngine::postgres_debian,
                                                  TestedEngine::postgres_newer};

std::string name_of(TestedEngine engine);

/// A database of a test's own on one of the engines, and as many openings of it as there would be instances.
class EngineDatabase {
 public:
  enum class Content { migrated, empty };
  explicit EngineDatabase(TestedEngine engine, Content content = Content::migrated);

  Database& operator*() const { return *first_; }
  Database* operator->() const { return first_.get(); }

  /// Opens it once more, as another instance or a restarted one would.
  std::unique_ptr<Database> open() const;

  /// Closes and opens the first one.
  void reopen();

  enum class Ended { all, all_but_witnesses };
  /// Ends connections, but never the asking one. PostgreSQL only.
  void end_connections(Ended which = Ended::all) const;

  TestedEngine engine() const { return engine_; }
  bool is_sqlite() const { return engine_ == TestedEngine::sqlite; }
  std::filesystem::path file() const { return folder_.path() / "ostiary.db"; }     ///< SQLite only
  const std::string& conninfo() const { return conninfo_; }                       ///< PostgreSQL only

 private:
  TestedEngine engine_;
  TemporaryFolder folder_;
  std::string conninfo_;
  std::unique_ptr<Database> first_;
};

/// A test that runs on every engine: `TEST_P(Name, ...)` for a class derived from this, and once
/// `ON_EVERY_ENGINE(Name);`
class OnEveryEngine : public ::testing::TestWithParam<TestedEngine> {
 protected:
  EngineDatabase database{GetParam()};
};

#define ON_EVERY_ENGINE(suite)                                                                          \
  INSTANTIATE_TEST_SUITE_P(EveryEngine, suite, ::testing::ValuesIn(::ostiary::testing::tested_engines), \
                           [](const auto& info) { return ::ostiary::testing::name_of(info.param); })

}  // namespace ostiary::testing
