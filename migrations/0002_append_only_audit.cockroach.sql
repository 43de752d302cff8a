-- The audit log takes no change and no deletion from anyone but an administrator of the database.
REVOKE UPDATE, DELETE ON TABLE audit_log FROM public;
