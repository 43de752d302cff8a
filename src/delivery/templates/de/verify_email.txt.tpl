Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

willkommen bei {{service_name}}. Ihr Code lautet

    {{code}}

Geben Sie ihn dort ein, wo Sie sich registriert haben, oder öffnen Sie diesen Link:

{{link}}

Beides gilt {{#has_minutes}}{{minutes}} Minuten{{/has_minutes}}{{#has_seconds}}{{seconds}} Sekunden{{/has_seconds}} lang und nur einmal. Danach können Sie dort einen neuen Code anfordern.

Falls Sie sich nicht bei {{service_name}} registriert haben, hat sich vielleicht jemand bei der Adresse
vertippt. Sie brauchen nichts zu tun: Ohne den Code wird kein Konto eröffnet. Geben Sie ihn bitte
niemandem, auch uns nicht.
