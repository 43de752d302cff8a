A change of your email address at {{service_name}} was undone
