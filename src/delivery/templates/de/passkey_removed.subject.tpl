Ein Passkey oder Sicherheitsschlüssel bei {{service_name}} wurde entfernt
