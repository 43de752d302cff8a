Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

somebody asked for a new password for your account at {{service_name}}. The code for it is

    {{code}}

Enter it where you asked for it, or open this link:

{{link}}

Both are valid for {{#has_minutes}}{{minutes}} minutes{{/has_minutes}}{{#has_seconds}}{{seconds}} seconds{{/has_seconds}} and can be used once.
A new password signs you out on all devices.

If you did not ask for this, you can ignore this mail: your password has not changed. Please do not give
the code to anybody, not even to us.
