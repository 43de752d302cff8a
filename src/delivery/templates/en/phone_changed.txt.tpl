Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

the phone number of your account at {{service_name}} is now {{phone_number}}:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

If it was you, there is nothing to do.

If it was not you, somebody else has access to your account. Set a new password with "Forgot
password" at once, and correct the phone number then.
{{#has_link}}
{{link}}
{{/has_link}}