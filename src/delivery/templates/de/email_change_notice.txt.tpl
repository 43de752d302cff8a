Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

soeben hat jemand versucht, Ihre E-Mail-Adresse für ein anderes Konto bei {{service_name}} zu verwenden. Sie
gehört zu Ihrem Konto, und es hat sich nichts geändert: Passwort, Daten und Sitzungen sind wie zuvor.

Falls Sie es selbst waren, melden Sie sich bei dem Konto an, das diese Adresse hat.
{{#has_link}}
{{link}}
{{/has_link}}
Falls Sie es nicht waren, brauchen Sie nichts zu tun. Die Person hat nicht erfahren, dass Sie ein
Konto haben.
