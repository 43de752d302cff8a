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
<p>alle zweiten Faktoren Ihres Kontos bei {{service_name}} wurden entfernt. Zur Anmeldung genügt jetzt das Passwort:</p>
<p>{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}</p>
<p>Falls Sie darum gebeten haben, melden Sie sich an und richten Sie wieder einen zweiten Faktor ein.</p>
<p>Falls Sie nicht darum gebeten haben, setzen Sie sofort über „Passwort vergessen“ ein neues Passwort, und benachrichtigen Sie die Betreiber des Dienstes.</p>{{#has_link}}
<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Anmelden</a></p>{{/has_link}}
</div>
</body>
</html>
