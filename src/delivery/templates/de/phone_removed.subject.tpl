Die Telefonnummer Ihres Kontos bei {{service_name}} wurde entfernt
