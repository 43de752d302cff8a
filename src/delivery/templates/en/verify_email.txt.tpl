Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

welcome to {{service_name}}. Your code is

    {{code}}

Type it where you registered, or open this link:

{{link}}

Both work for {{minutes}} minutes, and once. If they have expired, ask for a new code there.

If you did not register at {{service_name}}, someone may have mistyped their address. You need not do
anything: without the code no account is opened. Please give it to nobody, not even to us.
