A passkey or security key at {{service_name}} was removed
