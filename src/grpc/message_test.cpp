#include "grpc/message.hpp"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "scaffolding/written_contract.hpp"

namespace ostiary::grpc_transport {
namespace {

TEST(GrpcMessage, KnowsTheAddressOfAPeer) {
  EXPECT_EQ(address_of_peer("ipv4:192.0.2.1:5000"), "192.0.2.1");
  EXPECT_EQ(address_of_peer("ipv6:%5B2001:db8::1%5D:5000"), "2001:db8::1");
  EXPECT_EQ(address_of_peer("ipv6:[2001:DB8::1]:5000"), "2001:db8::1");
  EXPECT_EQ(address_of_peer("ipv6:%5Bfe80::1%25eth0%5D:5000"), "fe80::1");
  EXPECT_EQ(address_of_peer("ipv6:%5B::ffff:192.0.2.1%5D:5000"), "192.0.2.1");
  EXPECT_EQ(address_of_peer("unix:"), "127.0.0.1");
  EXPECT_EQ(address_of_peer("unix:/run/ostiary.sock"), "127.0.0.1");
  EXPECT_EQ(address_of_peer(""), "127.0.0.1");
  EXPECT_EQ(address_of_peer("ipv4:"), "127.0.0.1");
}

struct Contracts {
  // What the client knows, and what the server does.
  testing::WrittenContract newer{R"(
    message Outer { Inner one = 1; repeated Inner many = 2; Mood mood = 3; repeated Mood moods = 4; string added = 9; }
    message Inner { string text = 1; string added = 8; }
    enum Mood { MOOD_UNSPECIFIED = 0; MOOD_FINE = 1; MOOD_NEW = 7; }
  )"};
  testing::WrittenContract ours{R"(
    message Outer { Inner one = 1; repeated Inner many = 2; Mood mood = 3; repeated Mood moods = 4; }
    message Inner { string text = 1; }
    enum Mood { MOOD_UNSPECIFIED = 0; MOOD_FINE = 1; }
  )"};
};

TEST(GrpcMessage, ToldApartFromTheContract) {
  Contracts contracts;
  struct Row {
    const char* sent;
    std::optional<Refusal> why;
    const char* field;
  };
  const Row rows[] = {
      {"", {}, ""},
      {"one { text: 'a' } many { text: 'b' } mood: MOOD_FINE moods: [MOOD_FINE, MOOD_UNSPECIFIED]", {}, ""},
      {"added: 'x'", Refusal::unknown_field, "9"},
      {"one { added: 'x' }", Refusal::unknown_field, "one.8"},
      {"many { text: 'a' } many { added: 'x' }", Refusal::unknown_field, "many.8"},
      {"mood: MOOD_NEW", Refusal::invalid_field, "mood"},
      {"moods: [MOOD_FINE, MOOD_NEW]", Refusal::invalid_field, "moods"},
  };
  for (const auto& row : rows) {
    const auto sent = contracts.newer.make("Outer"), received = contracts.ours.make("Outer");
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(row.sent, sent.get())) << row.sent;
    ASSERT_TRUE(received->ParseFromString(sent->SerializeAsString()));
    const auto difference = difference_from_contract(*received);
    ASSERT_EQ(difference.has_value(), row.why.has_value()) << row.sent;
    if (!difference) continue;
    EXPECT_EQ(difference->why, *row.why) << row.sent;
    EXPECT_EQ(difference->field, row.field) << row.sent;
  }
}

TEST(GrpcMessage, DetailsAreGooglesErrorModel) {
  google::rpc::Status status;
  ASSERT_TRUE(status.ParseFromString(status_details(
      {Refusal::resend_too_early, "Wait a little.", "verification_id", std::chrono::seconds(42), {{"sent", "1"}}},
      "abc")));
  EXPECT_EQ(status.code(), 8);
  EXPECT_EQ(status.message(), "Wait a little.");
  ASSERT_EQ(status.details_size(), 3);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(status.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "resend_too_early");
  EXPECT_EQ(info.domain(), "ostiary");
  EXPECT_EQ(info.metadata().at("trace_id"), "abc");
  EXPECT_EQ(info.metadata().at("field"), "verification_id");
  EXPECT_EQ(info.metadata().at("sent"), "1");
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(status.details(1).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "verification_id");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(status.details(2).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 42);

  ASSERT_TRUE(status.ParseFromString(status_details({Refusal::internal, {}, {}, {}, {}}, "abc")));
  EXPECT_EQ(status.details_size(), 1);
  EXPECT_FALSE(status.message().empty());
}

}  // namespace
}  // namespace ostiary::grpc_transport
