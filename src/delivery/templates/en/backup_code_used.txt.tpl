Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

a backup code of your account at {{service_name}} was used:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

Backup codes that are left: {{codes_left}}

If it was you, there is nothing to do.

If it was not you, somebody else has access to your account. Set a new password with "Forgot
password" at once, then look at your second factors and sessions.
{{#has_link}}
{{link}}
{{/has_link}}