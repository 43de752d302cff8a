Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

die E-Mail-Adresse Ihres Kontos bei {{service_name}} wurde geändert{{#has_new_email}}, neu ist {{new_email}}{{/has_new_email}}:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

Falls Sie es selbst waren, brauchen Sie nichts zu tun. Dies ist die letzte Mail an die alte Adresse.

Falls Sie es nicht waren, hat jemand anderes Zugriff auf Ihr Konto.{{#has_undo_link}} Machen Sie die Änderung innerhalb von
72 Stunden mit diesem Link rückgängig:

{{undo_link}}

Ihr Konto hat dann wieder diese Adresse, alle Geräte werden abgemeldet, und Sie erhalten eine Mail, mit der
Sie ein neues Passwort setzen.{{/has_undo_link}}
