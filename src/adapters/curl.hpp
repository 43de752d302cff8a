#pragma once

#include <curl/curl.h>

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

/// For CURLOPT_XFERINFOFUNCTION; `argument` is an atomic bool. libcurl asks about once a second, also while the server
/// is silent.
int is_interrupted(void* argument, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

}  // namespace ostiary::adapters
