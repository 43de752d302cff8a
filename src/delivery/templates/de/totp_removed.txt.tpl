Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

die Authenticator-App Ihres Kontos bei {{service_name}} wurde entfernt. Bei der Anmeldung wird kein
Code dieser App mehr verlangt:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

Falls Sie es selbst waren, brauchen Sie nichts zu tun.

Falls Sie es nicht waren, hat jemand Zugriff auf Ihr Konto. Setzen Sie dann sofort über "Passwort
vergessen" ein neues Passwort, und prüfen Sie danach Ihre zweiten Faktoren und Sitzungen.
{{#has_link}}
{{link}}
{{/has_link}}