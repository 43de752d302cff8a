{{code}} ist Ihr Code für {{service_name}}
