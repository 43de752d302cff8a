Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

die Telefonnummer {{phone_number}} wurde aus Ihrem Konto bei {{service_name}} entfernt:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

Falls Sie es selbst waren, brauchen Sie nichts zu tun.

Falls Sie es nicht waren, hat jemand anderes Zugriff auf Ihr Konto. Setzen Sie dann sofort über
"Passwort vergessen" ein neues Passwort, und fügen Sie danach die Telefonnummer wieder hinzu.
{{#has_link}}
{{link}}
{{/has_link}}