{{code}} is your {{service_name}} code to confirm this number. Never share it.
{{#has_domain}}
@{{domain}} #{{code}}
{{/has_domain}}