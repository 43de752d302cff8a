Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

somebody just tried to register at {{service_name}} with your email address. You already have an account,
so nothing has changed: neither your password nor your data nor your sessions.

If it was you, just sign in.
{{#has_link}}
{{link}}
{{/has_link}}
If it was not you, you can ignore this mail. The person was not told that you have an account.
