Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

this address is to become the email address of your account at {{service_name}}. Your code is

    {{code}}

Enter it where you asked for the change, or open this link:

{{link}}

Both are valid for {{#has_minutes}}{{minutes}} minutes{{/has_minutes}}{{#has_seconds}}{{seconds}} seconds{{/has_seconds}} and can be used once. After that, request a new code there.

If you did not ask for it, somebody may have mistyped their address. You can ignore this mail: without the
code and the link nothing changes. Please do not give the code to anybody, not even to us.
