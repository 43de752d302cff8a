#pragma once

#include <functional>
#include <vector>

#include "base/time.hpp"
#include "gateway/router.hpp"
#include "ports/mailer.hpp"

namespace ostiary::pages {

struct MailboxEntry {
  Time received_at;
  Mail mail;
};

/// The development mailbox: GET /dev/mailbox lists the mails that `latest` gives (HTML, or JSON for Accept:
/// application/json), /dev/mailbox/<id> shows one. Requests that are not local are answered like an unknown path. Only
/// for a local PUBLIC_URL.
std::vector<gateway::Page> mailbox_pages(std::function<std::vector<MailboxEntry>()> latest);

}  // namespace ostiary::pages
