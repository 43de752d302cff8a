{{code}} is your code for a new password at {{service_name}}
