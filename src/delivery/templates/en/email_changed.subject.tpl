Your email address at {{service_name}} was changed
