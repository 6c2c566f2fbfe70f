-- What a certificate says, as one text, and the certificate before it.
create or replace function app_private.erasure_hash(certificate app_hidden.erasures)
returns bytea
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(concat_ws('|',
    certificate.number, certificate.id, certificate.reason, encode(certificate.subject_key, 'hex'), encode(certificate.subject_hash, 'hex'),
    extract(epoch from certificate.requested_at), extract(epoch from certificate.finished_at), certificate.counts,
    coalesce(encode(certificate.previous_hash, 'hex'), '')
  ), 'UTF8'));
$$;
comment on function app_private.erasure_hash(app_hidden.erasures) is 'The hash of a certificate.';
