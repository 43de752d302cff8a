// The rules of the house that a program can check.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "source_folder.hpp"

namespace ostiary {
namespace {

namespace fs = std::filesystem;

const fs::path root = OSTIARY_SOURCE_DIR;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

/// The path as messages show it.
std::string shown(const fs::path& path) { return path.lexically_relative(root).generic_string(); }

/// What people wrote under a folder, in these languages.
std::vector<fs::path> files_in(const std::string& folder, const std::set<std::string>& extensions) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(root / folder); entry != fs::end(entry); ++entry) {
    if (entry->is_directory() && entry->path().filename() == "node_modules") entry.disable_recursion_pending();
    if (entry->is_regular_file() && extensions.contains(entry->path().extension())) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<fs::path> source_files() { return files_in("src", {".cpp", ".hpp"}); }

bool is_test(const fs::path& path) { return path.stem().string().ends_with("_test"); }

/// The project's headers that a file includes, as it names them.
std::vector<std::string> own_includes(const fs::path& path) {
  static const std::regex include(R"re(^\s*#include "([^"]+)")re", std::regex::multiline);
  const std::string content = content_of(path);
  std::vector<std::string> includes;
  for (std::sregex_iterator match(content.begin(), content.end(), include), end; match != end; ++match) {
    includes.push_back((*match)[1]);
  }
  return includes;
}

using Uses = std::map<std::string, std::set<std::string>>;

/// What cmake/rooms.cmake lets each room use, directly; and `config`, which is made without `room`.
Uses rooms() {
  static const std::regex room(R"((?:room|target_link_libraries)\((\w+) (?:USES|PUBLIC)([^)]*)\))");
  const std::string text = content_of(root / "cmake/rooms.cmake");
  Uses uses;
  for (std::sregex_iterator match(text.begin(), text.end(), room), end; match != end; ++match) {
    std::istringstream words((*match)[2].str());
    auto& used = uses[(*match)[1]];
    for (std::string word; words >> word && word != "TESTS_USE";) used.insert(word);
  }
  return uses;
}

void reach(const Uses& uses, const std::string& room, std::set<std::string>& reached) {
  const auto found = uses.find(room);
  if (found == uses.end()) return;
  for (const std::string& used : found->second) {
    if (reached.insert(used).second) reach(uses, used, reached);
  }
}

/// The rooms and targets that a room may use, directly or through others.
std::set<std::string> reachable(const Uses& uses, const std::string& room) {
  std::set<std::string> reached;
  reach(uses, room, reached);
  return reached;
}

TEST(Tidy, LinesHave120CharactersAtMost) {
  auto files = source_files();
  for (const auto& path : files_in("tests", {".cpp", ".hpp", ".ts", ".mjs"})) files.push_back(path);
  for (const auto& path : files) {
    std::istringstream lines(content_of(path));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      const auto characters = std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; });
      EXPECT_LE(characters, 120) << shown(path) << ":" << number;
      EXPECT_EQ(line.find('\t'), std::string::npos) << shown(path) << ":" << number << " has a tab";
    }
  }
}

TEST(Tidy, EveryFolderIsARoom) {
  const Uses uses = rooms();
  EXPECT_GE(uses.size(), 22U);
  for (const auto& entry : fs::directory_iterator(root / "src")) {
    if (!entry.is_directory()) continue;
    EXPECT_TRUE(uses.contains(entry.path().filename())) << shown(entry.path()) << " is missing in cmake/rooms.cmake";
  }
}

TEST(Tidy, RoomsFormNoCycle) {
  const Uses uses = rooms();
  for (const auto& [room, used] : uses) EXPECT_FALSE(reachable(uses, room).contains(room)) << room << " uses itself";
}

/// The target that a header comes from.
std::string owner_of(const std::string& header) {
  if (header.starts_with("ostiary/") || header.starts_with("google/")) return "messages";
  const auto slash = header.find('/');
  return slash == std::string::npos ? "config" : header.substr(0, slash);
}

TEST(Tidy, RoomsIncludeOnlyWhatTheyMayUse) {
  const Uses uses = rooms();
  // What a room carries inside the program: cmake/resources.cmake links it to that room.
  const std::map<std::string, std::string> embedded{
      {"migrations", "storage"}, {"mail_templates", "delivery"}, {"contract", "contract"}, {"pages", "pages"}};
  for (const auto& path : source_files()) {
    const std::string room = path.lexically_relative(root / "src").begin()->string();
    if (!uses.contains(room) || is_test(path)) continue;
    auto allowed = reachable(uses, room);
    allowed.insert(room);
    for (const std::string& header : own_includes(path)) {
      if (header == "source_folder.hpp") continue;  // in what only tests include
      std::string owner = owner_of(header);
      if (owner == "embedded") {
        const auto found = embedded.find(fs::path(header).stem());
        owner = found == embedded.end() ? room : found->second;
      }
      EXPECT_TRUE(allowed.contains(owner))
          << shown(path) << " includes " << header << ", and " << room << " may not use " << owner;
    }
  }
}

TEST(Tidy, TheRoomsOfTheDoorStandOnWhatIsBelowThem) {
  const Uses uses = rooms();
  struct Row {
    std::string room;
    std::set<std::string> never;
  };
  const std::vector<Row> rows{
      {"base", {"crypto", "storage", "ports", "messages"}},
      {"contract", {"storage", "door", "http", "gateway", "grpc", "pages"}},
      {"door", {"http", "gateway", "grpc", "pages"}},
      {"http", {"contract", "door", "gateway", "grpc", "pages", "messages", "storage"}},
      {"gateway", {"grpc", "pages"}},
      {"grpc", {"http", "gateway", "pages"}},
      {"pages", {"grpc"}},
      {"config", {"contract", "door", "http", "gateway", "grpc", "pages", "PkgConfig::GRPC"}},
      {"cli", {"contract", "door", "http", "gateway", "grpc", "pages", "PkgConfig::GRPC"}},
      {"doctor", {"contract", "door", "gateway", "grpc", "pages", "PkgConfig::GRPC"}},
  };
  for (const Row& row : rows) {
    ASSERT_TRUE(uses.contains(row.room)) << row.room;
    for (const std::string& used : reachable(uses, row.room)) {
      EXPECT_FALSE(row.never.contains(used)) << row.room << " reaches " << used;
    }
  }
}

/// A header of the project that stands, directly or through others, in what `path` includes, and is I/O; empty if none.
std::string find_io(const fs::path& path, std::set<std::string>& seen) {
  for (const std::string& header : own_includes(path)) {
    if (!seen.insert(header).second) continue;
    if (header.starts_with("storage/") || header.starts_with("ports/")) return header;
    if (!fs::exists(root / "src" / header)) continue;
    if (const auto found = find_io(root / "src" / header, seen); !found.empty()) return header + " -> " + found;
  }
  return {};
}

TEST(Tidy, JudgmentsKnowNoIo) {
  const std::vector<std::string> pure{"sessions/session", "accounts/challenge", "accounts/status",
                                      "passwords/policy", "limits/username",    "limits/email_address"};
  for (const std::string& name : pure) {
    EXPECT_TRUE(fs::exists(root / "src" / (name + ".hpp"))) << name;
    for (const std::string extension : {".hpp", ".cpp"}) {
      const fs::path path = root / "src" / (name + extension);
      std::set<std::string> seen;
      EXPECT_EQ(find_io(path, seen), "") << shown(path) << " is for judgments on values";
    }
  }
  for (const std::string room : {"base", "crypto"}) {
    for (const auto& path : files_in("src/" + room, {".cpp", ".hpp"})) {
      std::set<std::string> seen;
      EXPECT_EQ(find_io(path, seen), "") << shown(path);
    }
  }
}

TEST(Tidy, FilesAreNamedForWhatTheyDo) {
  for (const auto& path : source_files()) {
    for (const std::string vague : {"utils", "util", "common", "helpers", "helper", "misc"}) {
      EXPECT_NE(path.stem(), vague) << shown(path);
      EXPECT_NE(path.parent_path().filename(), vague) << shown(path);
    }
    if (path.extension() == ".hpp") {
      EXPECT_TRUE(content_of(path).starts_with("#pragma once\n")) << shown(path);
    }
  }
}

TEST(Tidy, NothingIsLeftForLater) {
  static const std::regex later(R"(\b(TODO|FIXME|XXX|HACK)\b)");
  for (const auto& path : source_files()) EXPECT_FALSE(std::regex_search(content_of(path), later)) << shown(path);
}

}  // namespace
}  // namespace ostiary
