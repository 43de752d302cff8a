Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

soeben hat jemand versucht, sich mit Ihrer E-Mail-Adresse bei {{service_name}} zu registrieren. Sie haben
dort bereits ein Konto, und es hat sich nichts geändert: Passwort, Daten und Sitzungen sind wie zuvor.

Falls Sie es selbst waren, melden Sie sich einfach an.
{{#has_link}}
{{link}}
{{/has_link}}
Falls Sie es nicht waren, brauchen Sie nichts zu tun. Die Person hat nicht erfahren, dass Sie ein
Konto haben.
