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
<p>somebody just asked to use your email address for another account at {{service_name}}. It belongs to your account, so nothing has changed: neither your password nor your data nor your sessions.</p>
<p>If it was you, sign in to the account that has this address.</p>
{{#has_link}}<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Sign in</a></p>
{{/has_link}}<p style="font-size: 14px; opacity: 0.75">If it was not you, you can ignore this mail. The person was not told that you have an account.</p>
</div>
</body>
</html>
