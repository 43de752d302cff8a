A passkey or security key was added at {{service_name}}
