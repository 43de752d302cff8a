Die Authenticator-App bei {{service_name}} wurde entfernt
