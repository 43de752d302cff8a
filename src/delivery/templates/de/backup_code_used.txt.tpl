Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

ein Ersatzcode Ihres Kontos bei {{service_name}} wurde verwendet:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

Noch verfügbare Ersatzcodes: {{codes_left}}

Falls Sie es selbst waren, brauchen Sie nichts zu tun.

Falls Sie es nicht waren, hat jemand Zugriff auf Ihr Konto. Setzen Sie dann sofort über "Passwort
vergessen" ein neues Passwort, und prüfen Sie danach Ihre zweiten Faktoren und Sitzungen.
{{#has_link}}
{{link}}
{{/has_link}}