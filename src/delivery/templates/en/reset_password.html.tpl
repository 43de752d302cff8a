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
<p>somebody asked for a new password for your account at {{service_name}}. The code for it is</p>
<p style="font-size: 32px; font-weight: 600; letter-spacing: 6px; margin: 24px 0">{{code}}</p>
<p>Enter it where you asked for it, or use this button:</p>
<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Set a new password</a></p>
<p>Both are valid for {{#has_minutes}}{{minutes}} minutes{{/has_minutes}}{{#has_seconds}}{{seconds}} seconds{{/has_seconds}} and can be used once. A new password signs you out on all devices.</p>
<p style="font-size: 14px; opacity: 0.75">If you did not ask for this, you can ignore this mail: your password has not changed. Please do not give the code to anybody, not even to us.</p>
</div>
</body>
</html>
