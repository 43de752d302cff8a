Ihre Adresse gehört zu einem Konto bei {{service_name}}
