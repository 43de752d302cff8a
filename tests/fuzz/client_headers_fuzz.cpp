// Headers that a client may write as it likes: its user agent, its languages and media types, its trace, and
// where it says it comes from.
#include <algorithm>
#include <array>

#include "base/random.hpp"
#include "base/trusted_proxies.hpp"
#include "door/trace_context.hpp"
#include "fuzz/invariant.hpp"
#include "http/accept_header.hpp"
#include "sessions/user_agent.hpp"

namespace {

using namespace ostiary;
using namespace ostiary;
using fuzz::must;

void check_user_agent(std::string_view text) {
  const std::string name = sessions::device_name_of(text);
  must(!name.empty() && name.size() <= 64, "a device has a short name");
  for (const char c : name) must(c >= ' ' && c <= '~', "a device's name is plain");
  must(name == sessions::device_name_of(text.substr(0, 512)), "only the beginning is looked at");
}

void check_languages(std::string_view text) {
  static constexpr std::array<std::string_view, 3> offered{"en", "de", "fr"};
  const auto chosen = http::preferred_language(text, offered);
  must(std::ranges::find(offered, chosen) != offered.end(), "the language is one that is offered");
}

void check_trace(std::string_view text) {
  static SystemRandom random;
  const std::string trace = door::trace_id_of(text, random);
  must(trace.size() == 32 && trace.find_first_not_of("0123456789abcdef") == std::string::npos, "a trace id is one");
  must(trace != std::string(32, '0'), "a trace id is not nothing");
}

void check_address(std::string_view text) {
  static const TrustedProxies proxies({"127.0.0.0/8", "fd00::/8"});
  if (const auto address = parse_address(text)) {
    must(parse_address(to_string(*address)) == address, "an address has a canonical form");
  }
  const auto comma = std::min(text.find(';'), text.size());
  const std::string client =
      proxies.client_address("127.0.0.1", {text.substr(0, comma), text.substr(std::min(comma + 1, text.size()))});
  const auto address = parse_address(client);
  must(address && to_string(*address) == client, "a client's address is a canonical one");
  must(proxies.client_address("192.0.2.1", {text}) == "192.0.2.1", "who is not trusted is not believed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_user_agent(text);
  check_languages(text);
  check_trace(text);
  check_address(text);
  return 0;
}
