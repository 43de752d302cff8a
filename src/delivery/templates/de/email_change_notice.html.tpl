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
<p>soeben hat jemand versucht, Ihre E-Mail-Adresse für ein anderes Konto bei {{service_name}} zu verwenden. Sie gehört zu Ihrem Konto, und es hat sich nichts geändert: Passwort, Daten und Sitzungen sind wie zuvor.</p>
<p>Falls Sie es selbst waren, melden Sie sich bei dem Konto an, das diese Adresse hat.</p>
{{#has_link}}<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Anmelden</a></p>
{{/has_link}}<p style="font-size: 14px; opacity: 0.75">Falls Sie es nicht waren, brauchen Sie nichts zu tun. Die Person hat nicht erfahren, dass Sie ein Konto haben.</p>
</div>
</body>
</html>
