Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

diese Adresse soll die E-Mail-Adresse Ihres Kontos bei {{service_name}} werden. Ihr Code lautet

    {{code}}

Geben Sie ihn dort ein, wo Sie die Änderung veranlasst haben, oder öffnen Sie diesen Link:

{{link}}

Beides gilt {{#has_minutes}}{{minutes}} Minuten{{/has_minutes}}{{#has_seconds}}{{seconds}} Sekunden{{/has_seconds}} lang und nur einmal. Danach können Sie dort einen neuen Code anfordern.

Falls Sie das nicht veranlasst haben, hat sich vielleicht jemand bei der Adresse vertippt. Sie brauchen
nichts zu tun: Ohne den Code und den Link ändert sich nichts. Geben Sie den Code bitte niemandem, auch uns
nicht.
