{{code}} is your {{service_name}} code to sign in. Never share it.
{{#has_domain}}
@{{domain}} #{{code}}
{{/has_domain}}