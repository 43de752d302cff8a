Hello{{#has_display_name}} {{display_name}}{{/has_display_name}},

the email address of your account at {{service_name}} was changed{{#has_new_email}} to {{new_email}}{{/has_new_email}}:

{{time}}{{#has_device_name}}, {{device_name}}{{/has_device_name}}{{#has_address}}, {{address}}{{/has_address}}{{#has_place}} ({{place}}){{/has_place}}

If it was you, there is nothing to do. This is the last mail to the old address.

If it was not you, somebody else has access to your account.{{#has_undo_link}} Undo the change within 72 hours with this
link:

{{undo_link}}

Your account then goes back to this address, everybody is signed out, and you get a mail to set a new
password.{{/has_undo_link}}
