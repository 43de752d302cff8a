{{code}} ist Ihr Code bei {{service_name}} für diese Nummer. Nie weitergeben!
{{#has_domain}}
@{{domain}} #{{code}}
{{/has_domain}}