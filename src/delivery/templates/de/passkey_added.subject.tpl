Ein Passkey oder Sicherheitsschlüssel wurde bei {{service_name}} hinzugefügt
