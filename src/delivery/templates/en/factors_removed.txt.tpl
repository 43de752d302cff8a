Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

all second factors of your account at {{service_name}} were removed. Signing in needs only the
password now:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

If you asked for it, sign in and add a second factor again.

If you did not ask for it, set a new password with "Forgot password" at once, and tell the operators
of the service.
{{#has_link}}
{{link}}
{{/has_link}}