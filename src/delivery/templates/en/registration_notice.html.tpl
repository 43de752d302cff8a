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
<p>someone just tried to register at {{service_name}} with your email address. You have an account already, so nothing has changed: your password, your data and your sessions are as they were.</p>
<p>If it was you, simply sign in:</p>
<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Sign in</a></p>
<p style="font-size: 14px; opacity: 0.75">If it was not you, you need not do anything. Whoever it was has not learnt that you have an account.</p>
</div>
</body>
</html>
