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
<p>the email address of your account at {{service_name}} was changed{{#has_new_email}} to {{new_email}}{{/has_new_email}}:</p>
<p>{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}</p>
<p>If it was you, there is nothing to do. This is the last mail to the old address.</p>
<p>If it was not you, somebody else has access to your account.{{#has_undo_link}} Undo the change within 72 hours:{{/has_undo_link}}</p>
{{#has_undo_link}}<p style="margin: 24px 0"><a href="{{undo_link}}" style="display: inline-block; padding: 12px 24px; border-radius: 8px; background: #1f5fbf; color: #ffffff; text-decoration: none">Undo the change</a></p>
<p style="font-size: 14px; opacity: 0.75">Your account then goes back to this address, everybody is signed out, and you get a mail to set a new password.</p>
{{/has_undo_link}}</div>
</body>
</html>
