#include "adapters/curl.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <stdexcept>

namespace ostiary::adapters {

void check(CURLcode code) {
  if (code != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

void initialise_curl() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  check(initialised);
}

void append(Owned<curl_slist>& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const Owned<char> owned(text);
  return owned.get();
}

std::size_t read_upload(char* buffer, std::size_t size, std::size_t count, void* argument) {
  auto& upload = *static_cast<Upload*>(argument);
  if (!upload.begun) {
    try {
      upload.before_first();
    } catch (...) {
      upload.objection = std::current_exception();
      return CURL_READFUNC_ABORT;
    }
    upload.begun = true;
  }
  const std::size_t length = std::min(size * count, upload.body.size() - upload.sent);
  std::memcpy(buffer, upload.body.data() + upload.sent, length);
  upload.sent += length;
  return length;
}

int is_interrupted(void* argument, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(argument) ? 1 : 0;
}

}  // namespace ostiary::adapters
