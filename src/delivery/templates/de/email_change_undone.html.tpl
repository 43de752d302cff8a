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
<p>Ihr Konto bei {{service_name}} hat wieder seine frühere E-Mail-Adresse: Die Änderung auf diese Adresse wurde mit dem Link in unserer Mail an die frühere rückgängig gemacht. Alle Geräte wurden abgemeldet, und diese Adresse gehört nicht mehr zu dem Konto.</p>
<p>Falls Sie das nicht wollten, melden Sie sich mit der früheren Adresse an.</p>
{{#has_link}}<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Anmelden</a></p>
{{/has_link}}</div>
</body>
</html>
