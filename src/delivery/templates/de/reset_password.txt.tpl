Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},

jemand hat für Ihr Konto bei {{service_name}} ein neues Passwort angefordert. Der Code dafür lautet

    {{code}}

Geben Sie ihn dort ein, wo Sie ihn angefordert haben, oder öffnen Sie diesen Link:

{{link}}

Beides gilt {{#has_minutes}}{{minutes}} Minuten{{/has_minutes}}{{#has_seconds}}{{seconds}} Sekunden{{/has_seconds}} lang und nur einmal.
Ein neues Passwort meldet Sie auf allen Geräten ab.

Falls Sie das nicht waren, brauchen Sie nichts zu tun: Ihr Passwort ist unverändert. Geben Sie den Code
bitte niemandem, auch uns nicht.
