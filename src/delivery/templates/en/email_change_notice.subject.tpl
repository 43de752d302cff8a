Your address is in use at {{service_name}}
