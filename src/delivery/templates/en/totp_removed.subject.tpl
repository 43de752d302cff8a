The authenticator app at {{service_name}} was removed
