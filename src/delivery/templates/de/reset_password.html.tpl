<!doctype html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{service_name}}</title>
</head>
<body style="margin: 0; padding: 24px; font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; font-size: 16px; line-height: 1.5">
<div style="max-width: 520px; margin: 0 auto">
<p>Guten Tag{{#has_display_name}} {{display_name}}{{/has_display_name}},</p>
<p>jemand hat für Ihr Konto bei {{service_name}} ein neues Passwort angefordert. Der Code dafür lautet</p>
<p style="font-size: 32px; font-weight: 600; letter-spacing: 6px; margin: 24px 0">{{code}}</p>
<p>Geben Sie ihn dort ein, wo Sie ihn angefordert haben, oder benutzen Sie diese Schaltfläche:</p>
<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Neues Passwort setzen</a></p>
<p>Beides gilt {{#has_minutes}}{{minutes}} Minuten{{/has_minutes}}{{#has_seconds}}{{seconds}} Sekunden{{/has_seconds}} lang und nur einmal. Ein neues Passwort meldet Sie auf allen Geräten ab.</p>
<p style="font-size: 14px; opacity: 0.75">Falls Sie das nicht waren, brauchen Sie nichts zu tun: Ihr Passwort ist unverändert. Geben Sie den Code bitte niemandem, auch uns nicht.</p>
</div>
</body>
</html>
