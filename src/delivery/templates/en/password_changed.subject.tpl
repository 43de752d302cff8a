Your password at {{service_name}} was changed
