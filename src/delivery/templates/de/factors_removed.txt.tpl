Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

alle zweiten Faktoren Ihres Kontos bei {{service_name}} wurden entfernt. Zur Anmeldung genügt jetzt
das Passwort:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

Falls Sie darum gebeten haben, melden Sie sich an und richten Sie wieder einen zweiten Faktor ein.

Falls Sie nicht darum gebeten haben, setzen Sie sofort über "Passwort vergessen" ein neues Passwort,
und benachrichtigen Sie die Betreiber des Dienstes.
{{#has_link}}
{{link}}
{{/has_link}}