{{code}} is your code for {{service_name}}
