{{code}} ist Ihr Code zum Anmelden bei {{service_name}}. Nie weitergeben!
{{#has_domain}}
@{{domain}} #{{code}}
{{/has_domain}}