An authenticator app was added at {{service_name}}
