#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "google/api/annotations.pb.h"
#include "google/api/httpbody.pb.h"
#include "ostiary/options.pb.h"
#include "source_folder.hpp"

namespace ostiary::testing {

/// For tests: a contract written in the test itself, as a .proto file of package `test` that may use our options,
/// google.api.http, google.api.HttpBody and Timestamp. Throws std::runtime_error with protoc's words for what is no
/// .proto.
class WrittenContract {
 public:
  explicit WrittenContract(std::string_view body) : pool_(google::protobuf::DescriptorPool::generated_pool()) {
    // Asking them something links them in, for the imports to find.
    if (google::api::http.number() == 0 || google::api::HttpBody::descriptor() == nullptr ||
        Policy::descriptor() == nullptr)
      throw std::runtime_error("no options");
    google::protobuf::FileDescriptorSet files;
    if (!files.ParseFromString(compiled(body)) || files.file_size() != 1) throw std::runtime_error("not one .proto");
    file_ = pool_.BuildFile(files.file(0));
    if (file_ == nullptr) throw std::runtime_error("the test's .proto can't be built");
  }

  std::vector<const google::protobuf::ServiceDescriptor*> services() const {
    std::vector<const google::protobuf::ServiceDescriptor*> all;
    for (int i = 0; i < file_->service_count(); ++i) all.push_back(file_->service(i));
    return all;
  }

  const google::protobuf::Descriptor& type(const std::string& name) const {
    const auto* found = file_->FindMessageTypeByName(name);
    if (found == nullptr) throw std::runtime_error("the test's .proto has no message " + name);
    return *found;
  }

  const google::protobuf::FileDescriptor& file() const { return *file_; }

  /// An empty message of a type.
  std::unique_ptr<google::protobuf::Message> make(const std::string& name) {
    return std::unique_ptr<google::protobuf::Message>(messages_.GetPrototype(&type(name))->New());
  }

 private:
  /// A folder that goes with its files.
  struct Folder {
    std::filesystem::path path;
    Folder() {
      std::string name = (std::filesystem::temp_directory_path() / "ostiary-contract-XXXXXX").string();
      if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test's .proto");
      path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
  };

  static std::string compiled(std::string_view body) {
    const Folder folder;
    std::ofstream(folder.path / "test.proto") << R"(syntax = "proto3"; package test;
      import "google/api/annotations.proto";
      import "google/api/httpbody.proto";
      import "google/protobuf/timestamp.proto";
      import "ostiary/options.proto";
    )" << body;
    const std::string command = "protoc -I" + folder.path.string() + " -I" OSTIARY_SOURCE_DIR "/api -o " +
                                (folder.path / "set").string() + " test.proto 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> protoc(popen(command.c_str(), "r"), pclose);
    std::string said;
    std::array<char, 4096> part;
    while (const auto read = std::fread(part.data(), 1, part.size(), protoc.get())) said.append(part.data(), read);
    std::ifstream set(folder.path / "set", std::ios::binary);
    if (!set) throw std::runtime_error("protoc: " + said);
    return {std::istreambuf_iterator<char>(set), {}};
  }

  google::protobuf::DescriptorPool pool_;
  const google::protobuf::FileDescriptor* file_ = nullptr;
  google::protobuf::DynamicMessageFactory messages_;
};

}  // namespace ostiary::testing
