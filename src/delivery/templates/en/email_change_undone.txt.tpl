Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

your account at {{service_name}} has its earlier email address again: the change to this address was undone
with the link in our mail to the earlier one. Everybody was signed out, and this address no longer belongs
to the account.

If you did not want this, sign in with the earlier address.
{{#has_link}}
{{link}}
{{/has_link}}