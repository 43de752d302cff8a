Ihr Konto bei {{service_name}} besteht bereits
