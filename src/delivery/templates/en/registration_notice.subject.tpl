Your account at {{service_name}} already exists
