import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerRequests,
  audit,
  code,
  database,
  emailOf,
  endScene,
  lastToken,
  newcomer,
  one,
  owner,
  setScene,
  visitFrom,
} from '../../support/accounts.ts';
import { LONG, sized } from '../../support/limits.ts';
import { describeReal } from '../../support/server.ts';
import { PASSWORD } from '../../support/users.ts';
import { added, timePairs, workFor } from '../../support/work.ts';

/** Where the owner of an account is, where an attacker is, and where the owner has never been. */
const HOME = { ip: '192.0.2.1', client: 'curl/8.0' };
const ATTACKER = { ip: '198.51.100.7', client: 'curl/8.0' };
const HOTEL = { ip: '203.0.113.50', client: 'curl/8.0' };
const SIGN_IN = 'select token from app_public.sign_in($1, $2)';

describeReal('signing in', () => {
  beforeAll(setScene);
  afterAll(endScene);

  type Place = { ip: string; client?: string };
  /** The code of an attempt: "right", "wrong", or that of the error. */
  const attempt = async (place: Place, email: string, password = 'a guess'): Promise<string | undefined> => {
    let token: string | null = null;
    const outcome = await code(
      visitFrom(place, SIGN_IN, email, password).then((rows) => {
        token = rows[0]?.token ?? null;
      }),
    );
    return outcome === 'allowed' ? (token ? 'right' : 'wrong') : outcome;
  };
  /** An account that signed in at home. */
  const resident = async (): Promise<string> => {
    const email = await emailOf(await newcomer());
    expect(await attempt(HOME, email, PASSWORD)).toBe('right');
    return email;
  };
  const passTime = (time: string) =>
    owner().query('update app_private.sign_in_failures set failed_at = failed_at - $1::interval', [time]);
  const counters = async (): Promise<Record<string, number>> => {
    const { rows } = await owner().query(
      `select split_part(counter, ':', 1) as kind, round(sum(failures)::numeric)::int as failures
       from app_private.sign_in_failures group by 1`,
    );
    return Object.fromEntries(rows.map((row) => [row.kind, row.failures]));
  };
  const forget = () => owner().query('delete from app_private.sign_in_failures');
  const setting = (name: string, value: string) =>
    owner().query('update app_private.settings set value = $2 where name = $1', [name, value]);

  it('waits after five wrong passwords from one place, for the right one too, longer each time', async () => {
    await forget();
    const email = await emailOf(await newcomer());
    for (let n = 1; n <= 5; n++) expect(await attempt(ATTACKER, email)).toBe('wrong');
    expect(await attempt(ATTACKER, email)).toBe('CQ103');
    expect(await attempt(ATTACKER, email, PASSWORD)).toBe('CQ103');
    await passTime('31 seconds');
    expect(await attempt(ATTACKER, email)).toBe('wrong');
    await passTime('31 seconds');
    expect(await attempt(ATTACKER, email, PASSWORD)).toBe('CQ103');
    await passTime('30 seconds');
    expect(await attempt(ATTACKER, email, PASSWORD)).toBe('right');
    expect((await counters()).client).toBeUndefined();
  });

  it('forgets wrong passwords with time', async () => {
    await forget();
    const email = await emailOf(await newcomer());
    for (let n = 1; n <= 4; n++) await attempt(ATTACKER, email);
    await passTime('8 hours');
    for (let n = 1; n <= 4; n++) expect(await attempt(ATTACKER, email)).toBe('wrong');
    expect((await counters()).client).toBe(5);
    await passTime('1 year');
    expect(await attempt(ATTACKER, email)).toBe('wrong');
    expect((await counters()).client).toBe(1);
  });

  it('is not shut for the owner by an attacker, who guesses often or once an hour', async () => {
    await forget();
    const email = await resident();
    for (let n = 1; n <= 8; n++) await attempt(ATTACKER, email);
    expect(await attempt(HOME, email, PASSWORD)).toBe('right');
    expect(await attempt(HOTEL, email, PASSWORD)).toBe('right');
    for (let hour = 1; hour <= 48; hour++) {
      await passTime('1 hour');
      await attempt(ATTACKER, email);
    }
    expect((await counters()).account).toBeLessThan(10);
    expect(await attempt(HOME, email, PASSWORD)).toBe('right');
    expect(await attempt({ ...HOTEL, ip: '203.0.113.51' }, email, PASSWORD)).toBe('right');
  });

  it('is not shut for the own client by a stranger behind the same address', async () => {
    await forget();
    const email = await resident();
    const stranger = { ip: HOME.ip, client: 'wget/1.0' };
    for (let n = 1; n <= 5; n++) await attempt(stranger, email);
    expect(await attempt(stranger, email)).toBe('CQ103');
    expect(await attempt(HOME, email, PASSWORD)).toBe('right');
  });

  it('waits a short while only at a known place, however often the password was wrong', async () => {
    await forget();
    const email = await resident();
    for (let n = 1; n <= 12; n++) {
      await attempt(HOME, email);
      await passTime('31 seconds');
    }
    expect((await counters()).known).toBeGreaterThan(10);
    expect(await attempt(HOME, email, PASSWORD)).toBe('right');
  });

  it('is slowed for strangers when many addresses guess, and never at a known place', async () => {
    await forget();
    const email = await resident();
    await setting('sign_in_account_attempts', '8');
    try {
      for (let n = 1; n <= 8; n++) expect(await attempt({ ip: `198.51.100.${n}` }, email)).toBe('wrong');
      expect(await attempt({ ip: '198.51.100.99' }, email)).toBe('CQ103');
      expect(await attempt(HOTEL, email, PASSWORD)).toBe('CQ103');
      expect(await attempt(HOME, email, PASSWORD)).toBe('right');
      // the way in from elsewhere is the mailbox
      await visitFrom(HOTEL, 'select app_public.request_password_reset($1)', email);
      await answerRequests();
      const token = await lastToken(email);
      await visitFrom(HOTEL, `select app_public.reset_password($1, 'a new password')`, token);
      expect(await attempt(HOTEL, email, 'a new password')).toBe('right');
    } finally {
      await setting('sign_in_account_attempts', '50');
    }
  });

  it('is slowed for a network that guesses at many accounts, IPv6 by 64 bits, and not for who lives there', async () => {
    await forget();
    const at = (host: string) => ({ ip: `2001:db8:1:2::${host}` });
    const email = await emailOf(await newcomer());
    expect(await attempt(at('aaaa'), email, PASSWORD)).toBe('right');
    await setting('sign_in_network_attempts', '6');
    try {
      for (let n = 1; n <= 6; n++) expect(await attempt(at(`${n}`), `nobody${n}@example.org`)).toBe('wrong');
      expect(await attempt(at('7'), 'somebody@example.org')).toBe('CQ103');
      expect(await attempt({ ip: '2001:db8:1:3::7' }, 'somebody@example.org')).toBe('wrong');
      expect(await attempt(at('bbbb'), email, PASSWORD)).toBe('right');
    } finally {
      await setting('sign_in_network_attempts', '200');
    }
  });

  /** Guesses of a day, each as soon as it is allowed. */
  const guessesOfADay = async (guess: (n: number) => Promise<string | undefined>): Promise<number> => {
    let guesses = 0;
    for (let left = 86_400; left > 0; ) {
      if ((await guess(guesses)) === 'wrong') {
        guesses++;
        continue;
      }
      const { wait } = await one(
        `select max(extract(epoch from f.failed_at + make_interval(secs => least(case when f.counter like 'account:%' then 900 else 3600 end,
           30 * power(2, least(round(f.failures) - l.most, 12)))) - clock_timestamp()))::float + 0.1 as wait
         from app_private.sign_in_failures f
         cross join lateral (values (case when f.counter like 'account:%' then 50 else 5 end)) as l (most)
         where f.counter not like 'network:%' and round(f.failures) >= l.most`,
      );
      await passTime(`${wait} seconds`);
      left -= wait;
    }
    return guesses;
  };

  it('leaves an attacker some fifty guesses a day from one address', { timeout: LONG }, async () => {
    await forget();
    const email = await resident();
    const guesses = await guessesOfADay(() => attempt(ATTACKER, email));
    process.stdout.write(`sign-in: ${guesses} guesses a day from one address\n`);
    expect(guesses).toBeGreaterThan(20);
    expect(guesses).toBeLessThan(80);
    expect(await attempt(HOME, email, PASSWORD)).toBe('right');
  });

  it('leaves an attacker a few hundred a day from any number of addresses', { timeout: LONG }, async () => {
    await forget();
    const email = await resident();
    const guesses = await guessesOfADay((n) =>
      attempt({ ip: `198.18.${Math.floor(n / 250)}.${(n % 250) + 1}` }, email),
    );
    process.stdout.write(`sign-in: ${guesses} guesses a day from any number of addresses\n`);
    expect(guesses).toBeGreaterThan(100);
    expect(guesses).toBeLessThan(400);
    expect(await attempt(HOME, email, PASSWORD)).toBe('right');
  });

  it('tries no more of twenty wrong passwords at once than of twenty in a row', async () => {
    await forget();
    const email = await resident();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => attempt(ATTACKER, email)));
    expect(outcomes.filter((outcome) => outcome === 'wrong').length).toBe(5);
    expect(outcomes.filter((outcome) => outcome === 'CQ103').length).toBe(15);
    expect(await attempt(HOME, email, PASSWORD)).toBe('right');
  });

  it('lets everybody in who signs in at once with the right password', async () => {
    await forget();
    const email = await resident();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => attempt(HOTEL, email, PASSWORD)));
    expect(new Set(outcomes)).toEqual(new Set(['right']));
  });

  it('forgets the places of before when the password is reset', async () => {
    const email = await resident();
    const places = async () =>
      (
        await owner().query(
          `select host(p.network) as network from app_private.sign_in_places p join app_public.users u on u.id = p.user_id
           where u.email = $1 order by 1`,
          [email],
        )
      ).rows.map((row) => row.network);
    expect(await places()).toEqual(['0.0.0.0', HOME.ip]);
    await visitFrom(HOTEL, 'select app_public.request_password_reset($1)', email);
    await answerRequests();
    await visitFrom(HOTEL, `select app_public.reset_password($1, 'a new password')`, await lastToken(email));
    expect(await places()).toEqual([HOTEL.ip]);
  });

  it('is refused to a password that was replaced while it was compared', async () => {
    const email = await resident();
    const { id } = await one('select id from app_public.users where email = $1', email);
    const holder = await owner().connect();
    try {
      await holder.query('begin');
      await holder.query('select from app_private.user_secrets where user_id = $1 for update', [id]);
      const signingIn = attempt(HOME, email, PASSWORD);
      await expect
        .poll(
          async () =>
            (
              await one(
                `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
              )
            ).n,
        )
        .toBe(1);
      await holder.query(
        `update app_private.user_secrets set password_hash = app_private.hash_password('a new password') where user_id = $1`,
        [id],
      );
      await holder.query('commit');
      expect(await signingIn).toBe('wrong');
    } finally {
      holder.release();
    }
  });

  describe('with an address that has no account', () => {
    it('is locked by the same number of failures, with the same words', async () => {
      await forget();
      const known = await emailOf(await newcomer());
      const outcomes = async (email: string) => {
        const seen: (string | undefined)[] = [];
        for (let n = 1; n <= 7; n++) seen.push(await attempt(ATTACKER, email));
        return seen;
      };
      const ofKnown = await outcomes(known);
      expect(ofKnown).toEqual([...Array(5).fill('wrong'), 'CQ103', 'CQ103']);
      expect(await outcomes('nobody@example.org')).toEqual(ofKnown);
    });

    it('does the same work: rows read and rows written', async () => {
      // an index of one page: how often a scan for three keys descends into a larger one depends on the keys
      await owner().query('truncate app_private.sign_in_failures');
      const known = await emailOf(await newcomer());
      const [ofKnown, ofUnknown] = await workFor(
        database,
        SIGN_IN,
        [
          [known, 'a guess'],
          ['nobody@example.org', 'a guess'],
        ],
        { 'colloquy.client_ip': '198.51.100.77' },
      );
      // three counters, and an entry of the audit log
      expect(added(ofKnown)).toBe(4);
      expect(ofUnknown).toEqual(ofKnown);
    });

    it('takes the same time: of the pairs the known one is not always the slower', {
      timeout: LONG,
    }, async () => {
      for (const name of ['sign_in_network_attempts', 'sign_in_attempts', 'sign_in_account_attempts'])
        await setting(name, '100000');
      // the second: as in production
      await setting('password_hash_cost', String(sized(4, 10)));
      const known = await emailOf(await newcomer());
      const pairs = sized(30, 60);
      const { slower, ...median } = await timePairs(
        pairs,
        () => visitFrom(ATTACKER, SIGN_IN, known, 'a guess'),
        () => visitFrom(ATTACKER, SIGN_IN, 'nobody@example.org', 'a guess'),
      );
      process.stdout.write(
        `sign-in: ${pairs} pairs, with an account ${median.known.toFixed(1)} ms, without ${median.unknown.toFixed(1)} ms in the median; slower with one in ${slower}\n`,
      );
      expect(slower).toBeGreaterThan(0);
      expect(slower).toBeLessThan(pairs);
    });

    it('is on record, without a person', async () => {
      await visitFrom({ ip: '198.51.100.200' }, SIGN_IN, 'nobody@example.org', 'a guess');
      expect(
        await one(
          `select user_id, workspace_id from app_public.audit_logs where action = 'user.sign_in_failed' and ip = '198.51.100.200'`,
        ),
      ).toEqual({ user_id: null, workspace_id: null });
      const somebody = await newcomer();
      expect(await audit(somebody.workspaceId)).not.toContainEqual(
        expect.objectContaining({ ip: '198.51.100.200' }),
      );
    });
  });

  it('keeps what was typed as a hash alone, and nobody but the owner reads it', async () => {
    await attempt(ATTACKER, 'secretly@example.org');
    const { rows } = await owner().query('select f::text from app_private.sign_in_failures f');
    expect(JSON.stringify(rows)).not.toContain('secretly');
    for (const table of ['sign_in_failures', 'sign_in_places', 'mail_tokens', 'account_requests'])
      for (const role of ['authenticator', 'worker'] as const)
        expect(await code(database.pool(role).query(`select from app_private.${table}`))).toBe('42501');
  });
});
