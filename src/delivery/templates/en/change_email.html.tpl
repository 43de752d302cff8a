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
<p>this address is to become the email address of your account at {{service_name}}. Your code is</p>
<p style="font-size: 32px; font-weight: 600; letter-spacing: 6px; margin: 24px 0">{{code}}</p>
<p>Enter it where you asked for the change, or use this button:</p>
<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Use this email address</a></p>
<p>Both are valid for {{#has_minutes}}{{minutes}} minutes{{/has_minutes}}{{#has_seconds}}{{seconds}} seconds{{/has_seconds}} and can be used once. After that, request a new code there.</p>
<p style="font-size: 14px; opacity: 0.75">If you did not ask for it, somebody may have mistyped their address. You can ignore this mail: without the code and the link nothing changes. Please do not give the code to anybody, not even to us.</p>
</div>
</body>
</html>
