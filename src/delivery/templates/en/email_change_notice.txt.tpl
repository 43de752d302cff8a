Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

somebody just asked to use your email address for another account at {{service_name}}. It belongs to your
account, so nothing has changed: neither your password nor your data nor your sessions.

If it was you, sign in to the account that has this address.
{{#has_link}}
{{link}}
{{/has_link}}
If it was not you, you can ignore this mail. The person was not told that you have an account.
