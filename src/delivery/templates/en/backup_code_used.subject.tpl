A backup code was used at {{service_name}}
