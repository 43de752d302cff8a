Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

someone just tried to register at {{service_name}} with your email address. You have an account already,
so nothing has changed: your password, your data and your sessions are as they were.

If it was you, simply sign in:

{{link}}

If it was not you, you need not do anything. Whoever it was has not learnt that you have an account.
