The phone number of your account at {{service_name}} was changed
