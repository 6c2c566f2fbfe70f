-- What the worker may do with pg-boss's schema, which belongs to colloquy_owner: everything but changing it. Run after
-- pg-boss has installed or upgraded itself; may be run again.
grant usage on schema pgboss to colloquy_worker, colloquy_authenticator, colloquy_monitor;
grant select, insert, update, delete on all tables in schema pgboss to colloquy_worker;
grant execute on all functions in schema pgboss to colloquy_worker;
-- the API asks whether the queue is alive, and dashboards how long it is; a job's payload is for neither
grant select on pgboss.version, pgboss.queue to colloquy_authenticator, colloquy_monitor;
