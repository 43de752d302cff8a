{{code}} ist Ihr Code für ein neues Passwort bei {{service_name}}
