Ihre E-Mail-Adresse bei {{service_name}} wurde geändert
