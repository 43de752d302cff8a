Neue Ersatzcodes bei {{service_name}}
