A device is remembered at {{service_name}}
