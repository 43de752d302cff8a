Ihre zweiten Faktoren bei {{service_name}} wurden entfernt
