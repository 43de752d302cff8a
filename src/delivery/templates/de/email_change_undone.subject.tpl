Die Änderung Ihrer E-Mail-Adresse bei {{service_name}} wurde rückgängig gemacht
