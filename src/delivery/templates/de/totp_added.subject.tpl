Eine Authenticator-App wurde bei {{service_name}} hinzugefügt
