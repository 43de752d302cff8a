Ihr Passwort bei {{service_name}} wurde geändert
