Ein Gerät ist bei {{service_name}} gespeichert
