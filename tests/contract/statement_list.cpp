#include "statement_list.hpp"

#include "access/statements.hpp"
#include "accounts/statements.hpp"
#include "adapters/invalidation_statements.hpp"
#include "audit/statements.hpp"
#include "delivery/statements.hpp"
#include "sessions/statements.hpp"
#include "storage/statements.hpp"
#include "vault/statements.hpp"

namespace ostiary::testing {

#define IN(room, statement) declare(#room "." #statement, room::statements::statement)

const std::vector<DeclaredStatement>& all_statements() {
  static const std::vector<DeclaredStatement> list{
      IN(access, find_role),
      IN(access, insert_role),
      IN(access, grant_role),
      IN(access, touch_user),
      IN(accounts, find_pending),
      IN(accounts, find_pending_by_link),
      IN(accounts, insert_pending),
      IN(accounts, surplus_pending),
      IN(accounts, delete_pending),
      IN(accounts, renew_code),
      IN(accounts, expire_code),
      IN(accounts, count_attempt),
      IN(accounts, recent_guesses),
      IN(accounts, insert_guess),
      IN(accounts, find_owner),
      IN(accounts, find_username),
      IN(accounts, find_reserved_username),
      IN(accounts, find_notice),
      IN(accounts, note_notice),
      IN(accounts, insert_user),
      IN(accounts, insert_profile),
      IN(accounts, touch_user),
      IN(accounts, set_status),
      IN(accounts, find_account),
      IN(accounts, list_accounts),
      IN(accounts, update_profile),
      IN(adapters, notify),
      IN(audit, insert_entry),
      IN(audit, list_entries),
      IN(audit, list_entries_of_user),
      IN(delivery, insert_event),
      IN(delivery, insert_job),
      IN(delivery, list_due_jobs),
      IN(delivery, count_waiting_jobs),
      IN(delivery, list_abandoned_jobs),
      IN(delivery, list_jobs_leased_too_long),
      IN(delivery, bring_jobs_forward),
      IN(delivery, find_job),
      IN(delivery, lease_job),
      IN(delivery, mark_handed_over),
      IN(delivery, mark_done),
      IN(delivery, mark_for_retry),
      IN(delivery, bury_job),
      IN(delivery, delete_done_jobs),
      IN(delivery, delete_dead_jobs),
      IN(delivery, delete_keys_of_expired_registrations),
      IN(delivery, delete_expired_registrations),
      IN(delivery, delete_code_guesses),
      IN(delivery, delete_tokens_of_sessions),
      IN(delivery, delete_sessions),
      IN(delivery, delete_login_attempts),
      IN(delivery, delete_devices),
      IN(sessions, find_user_by_email),
      IN(sessions, find_user_by_username),
      IN(sessions, find_user),
      IN(sessions, roles_of),
      IN(sessions, roles_by_refresh_token),
      IN(sessions, data_key_by_refresh_token),
      IN(sessions, newest_pending_by_email),
      IN(sessions, newest_pending_by_username),
      IN(sessions, insert_login_attempt),
      IN(sessions, note_login),
      IN(sessions, replace_password_hash),
      IN(sessions, find_device),
      IN(sessions, remember_device),
      IN(sessions, forget_surplus_devices),
      IN(sessions, insert_session),
      IN(sessions, find_session),
      IN(sessions, list_live_sessions),
      IN(sessions, end_session),
      IN(sessions, end_some_sessions),
      IN(sessions, insert_refresh_token),
      IN(sessions, find_refresh_token),
      IN(sessions, last_generations),
      IN(sessions, consume_refresh_token),
      IN(sessions, note_late_reissue),
      IN(sessions, note_refresh),
      IN(storage, count_tables_sqlite),
      IN(storage, count_tables_postgres),
      IN(storage, find_migrations_table_sqlite),
      IN(storage, find_migrations_table_postgres),
      IN(storage, ask_postgres_condition),
      IN(storage, ask_postgres_rights),
      IN(storage, ask_time),
      IN(storage, ask_journal_mode),
      IN(storage, list_applied),
      IN(storage, insert_applied),
      IN(vault, list_server_keys),
      IN(vault, insert_server_key),
      IN(vault, find_data_key),
      IN(vault, insert_data_key),
      IN(vault, delete_data_key),
  };
  return list;
}

}  // namespace ostiary::testing
