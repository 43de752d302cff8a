Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

Ihr Konto bei {{service_name}} hat wieder seine frühere E-Mail-Adresse: Die Änderung auf diese Adresse wurde
mit dem Link in unserer Mail an die frühere rückgängig gemacht. Alle Geräte wurden abgemeldet, und diese
Adresse gehört nicht mehr zu dem Konto.

Falls Sie das nicht wollten, melden Sie sich mit der früheren Adresse an.
{{#has_link}}
{{link}}
{{/has_link}}