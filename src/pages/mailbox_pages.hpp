#pragma once

#include <functional>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "gateway/router.hpp"
#include "ports/mailer.hpp"

namespace ostiary::pages {

struct MailboxEntry {
  Time received_at;
  Mail mail;
};

/// The development mailbox: GET /dev/mailbox?key=KEY lists the mails that `latest` gives (HTML, or JSON for Accept:
/// application/json), /dev/mailbox/<id>?key=KEY shows one. To any request that is not local it answers as if nothing
/// were there. A local one needs the key still: behind a proxy that adds no header, anybody's request looks local.
/// Only for a local PUBLIC_URL.
std::vector<gateway::Page> mailbox_pages(std::function<std::vector<MailboxEntry>()> latest, Secret key);

/// The path of the list, with the key.
std::string mailbox_path(const Secret& key);

}  // namespace ostiary::pages
