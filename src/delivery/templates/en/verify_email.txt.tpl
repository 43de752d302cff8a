Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

welcome to {{service_name}}. Your code is

    {{code}}

Enter it where you registered, or open this link:

{{link}}

Both are valid for {{#has_minutes}}{{minutes}} minutes{{/has_minutes}}{{#has_seconds}}{{seconds}} seconds{{/has_seconds}} and can be used once. After that, request a new code there.

If you did not register at {{service_name}}, somebody may have mistyped their address. You can ignore
this mail: without the code no account is created. Please do not give the code to anybody, not even to us.
