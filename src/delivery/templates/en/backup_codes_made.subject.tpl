New backup codes at {{service_name}}
