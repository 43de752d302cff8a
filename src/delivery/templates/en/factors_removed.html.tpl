<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{service_name}}</title>
</head>
<body style="margin: 0; padding: 24px; font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; font-size: 16px; line-height: 1.5">
<div style="max-width: 520px; margin: 0 auto">
<p>Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},</p>
<p>all second factors of your account at {{service_name}} were removed. Signing in needs only the password now:</p>
<p>{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}</p>
<p>If you asked for it, sign in and add a second factor again.</p>
<p>If you did not ask for it, set a new password with “Forgot password” at once, and tell the operators of the service.</p>{{#has_link}}
<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Sign in</a></p>{{/has_link}}
</div>
</body>
</html>
