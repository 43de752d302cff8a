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
<p>your account at {{service_name}} has its earlier email address again: the change to this address was undone with the link in our mail to the earlier one. Everybody was signed out, and this address no longer belongs to the account.</p>
<p>If you did not want this, sign in with the earlier address.</p>
{{#has_link}}<p style="margin: 24px 0"><a href="{{link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Sign in</a></p>
{{/has_link}}</div>
</body>
</html>
