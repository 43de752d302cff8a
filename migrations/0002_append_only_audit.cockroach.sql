-- The audit log takes no change and no deletion from anyone but its owner, whom no REVOKE binds: a server connects as
-- another role, to which `ostiary migrate` grants what serving needs (DATABASE_SERVING_ROLE). TRUNCATE needs DROP here.
REVOKE UPDATE, DELETE, DROP ON TABLE audit_log FROM public;
