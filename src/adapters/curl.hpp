#pragma once

#include <curl/curl.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace ostiary::adapters {

// What the adapters that speak through libcurl share.

struct FreeCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeCurl>;

/// Throws std::runtime_error for any code but CURLE_OK.
void check(CURLcode code);

/// Once in the process, before anything else. Throws std::runtime_error.
void initialise_curl();

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  check(curl_easy_setopt(handle, option, value));
}

void append(Owned<curl_slist>& list, const std::string& line);

/// A part of a URL, as it is written there; empty if there is none.
std::string part_of(CURLU* url, CURLUPart part);

/// What is sent to a server, handed out piece by piece.
struct Upload {
  const std::function<void()>& before_first;  ///< called before the first piece leaves; may throw
  std::string body = {};
  std::size_t sent = 0;
  bool begun = false;
  std::exception_ptr objection = nullptr;  ///< what `before_first` threw
};

/// For CURLOPT_READFUNCTION and curl_mime_data_cb; `argument` is an Upload. libcurl asks for the first piece once the
/// server is ready for it. An objection ends the transfer.
std::size_t read_upload(char* buffer, std::size_t size, std::size_t count, void* argument);

/// For CURLOPT_XFERINFOFUNCTION; `argument` is an atomic bool. libcurl asks about once a second, also while the server
/// is silent.
int is_interrupted(void* argument, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

}  // namespace ostiary::adapters
