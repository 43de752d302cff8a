Your second factors at {{service_name}} were removed
