-- A time in the words that a question would use: "what did Ana say in May". Written out here, since to_char speaks the language
-- of the server only. In UTC; in English where a language is not listed, with the numbers that every language has.
create or replace function app_private.date_words(at timestamptz, language text)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(
    ' ', extract(day from d.at)::integer, d.months[extract(month from d.at)], extract(year from d.at)::integer,
    d.days[extract(isodow from d.at)], to_char(d.at, 'YYYY-MM-DD')
  )
  from (
    select
      date_words.at at time zone 'UTC' as at,
      string_to_array(case language
        when 'german' then 'Januar Februar März April Mai Juni Juli August September Oktober November Dezember'
        when 'french' then 'janvier février mars avril mai juin juillet août septembre octobre novembre décembre'
        when 'spanish' then 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'
        when 'portuguese' then 'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro'
        when 'italian' then 'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre'
        when 'dutch' then 'januari februari maart april mei juni juli augustus september oktober november december'
        else 'January February March April May June July August September October November December'
      end, ' ') as months,
      string_to_array(case language
        when 'german' then 'Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag'
        when 'french' then 'lundi mardi mercredi jeudi vendredi samedi dimanche'
        when 'spanish' then 'lunes martes miércoles jueves viernes sábado domingo'
        when 'portuguese' then 'segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo'
        when 'italian' then 'lunedì martedì mercoledì giovedì venerdì sabato domenica'
        when 'dutch' then 'maandag dinsdag woensdag donderdag vrijdag zaterdag zondag'
        else 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'
      end, ' ') as days
  ) as d;
$$;
comment on function app_private.date_words(timestamptz, text) is 'Day, month, year, day of the week and ISO date of a time, in the words of a text search language.';
