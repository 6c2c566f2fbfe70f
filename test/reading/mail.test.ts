import { expect, test } from 'vitest';
import { readMail, readMailbox, readMhtml } from '../../reading/mail.ts';

const lines = (...all: string[]) => Buffer.from(all.join('\r\n'), 'latin1');
const base64 = (text: string) => Buffer.from(text).toString('base64');

test('who wrote to whom, and when; the plain text before the page; attachments by their names', async () => {
  const mail = lines(
    `From: =?UTF-8?B?${base64('Zoë Bäcker')}?= <zoe@example.org>`,
    'To: "Ray, Ann" <ann@example.org>, bob@example.org',
    'Subject: =?iso-8859-1?Q?Pegel_f=FCr_M=E4rz?=',
    'Date: Tue, 3 Mar 2026 10:00:00 +0100',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=B',
    '',
    '--B',
    'Content-Type: multipart/alternative; boundary=C',
    '',
    '--C',
    'Content-Type: text/plain; charset=koi8-r',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '=F5=D2=CF=D7=C5=CE=D8 okapi',
    '-- ',
    'Zoë',
    '--C',
    'Content-Type: text/html',
    '',
    '<p>page</p>',
    '--C--',
    '--B',
    'Content-Type: application/pdf',
    "Content-Disposition: attachment; filename*=UTF-8''b%C3%A9richt.pdf",
    'Content-Transfer-Encoding: base64',
    '',
    'JVBERi0xLjQK',
    '--B--',
  );
  const read = await readMail(mail);
  expect(read).toMatchObject({
    title: 'Pegel für März',
    contentType: 'markdown',
    warnings: [{ kind: 'left_out', message: expect.stringMatching(/^1 attachment/) }],
  });
  expect(read.text).toMatch(
    /^# Pegel für März\n\nFrom: Zoë Bäcker <zoe@example\.org>\nTo: Ray, Ann <ann@example\.org>, bob@example\.org\nDate: 2026-03-03T09:00:00\.000Z\n\nУровень okapi\n\n--/,
  );
  expect(read.text).toMatch(/\n\nAttachments:\n- béricht\.pdf \(application\/pdf, 9 bytes\)$/);
  expect(read.text).not.toMatch(/page|JVBER/);
});

test('a mail that is only a page; one that says nothing of its encoding; one within another', async () => {
  const page = lines(
    'From: x@y.org',
    'Content-Type: text/html; charset=windows-1251',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('<p>\xd3\xf0\xee\xe2\xe5\xed\xfc <a href="https://t.org/x">here</a></p>', 'latin1').toString(
      'base64',
    ),
  );
  expect((await readMail(page)).text).toBe(
    '# Without a subject\n\nFrom: x@y.org\n\nУровень here (https://t.org/x)',
  );
  const old = lines('From: x@y.de', 'Subject: Gr\xfc\xdfe', '', 'Die F\xe4hre f\xe4hrt sp\xe4ter.');
  expect(await readMail(old)).toMatchObject({
    title: 'Grüße',
    text: expect.stringContaining('Die Fähre fährt später.'),
  });
  const outer = lines(
    'From: a@b.org',
    'Content-Type: multipart/mixed; boundary=X',
    '',
    '--X',
    '',
    'See below',
    '--X',
    'Content-Type: message/rfc822',
    '',
    'From: inner@x.org',
    'Subject: Inner',
    '',
    'numbat',
    '--X--',
  );
  expect((await readMail(outer)).text).toMatch(/See below[\s\S]*inner@x\.org[\s\S]*numbat/);
});

test('every mail of a mailbox under its subject', async () => {
  const from = (name: string) => `From ${name}@b.org Tue Mar  3 10:00:00 2026`;
  const box = lines(
    from('a'),
    'Subject: One',
    '',
    'okapi',
    '>From here on',
    '',
    from('b'),
    'Subject: Two',
    'Content-Transfer-Encoding: base64',
    '',
    base64('quoll'),
    '',
    from('c'),
    'Subject: Three',
    '',
    'From experience: numbat',
    '',
  );
  const { text } = await readMailbox(box);
  expect(text).toBe('# One\n\nokapi\nFrom here on\n\n# Two\n\nquoll\n\n# Three\n\nFrom experience: numbat');
});

test('a page that a browser saved whole', async () => {
  const saved = lines(
    'From: <Saved by Blink>',
    'Subject: s',
    'MIME-Version: 1.0',
    'Content-Type: multipart/related; type="text/html"; boundary=M',
    '',
    '--M',
    'Content-Type: text/html',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<html><head><title>Gr=C3=BC=C3=9Fe</title><meta charset=3D"utf-8"></head><body><p>okapi p=C3=A9</p></body></html>',
    '--M',
    'Content-Type: image/png',
    'Content-Transfer-Encoding: base64',
    '',
    'iVBORw0K',
    '--M--',
  );
  expect(await readMhtml(saved)).toMatchObject({ title: 'Grüße', text: 'okapi pé', warnings: [] });
});

test('what is no mail, and no mailbox, is refused', async () => {
  await expect(readMail(Buffer.from('just words'))).rejects.toMatchObject({ code: 'CQ322' });
  await expect(readMailbox(Buffer.from('Subject: x\n\ny'))).rejects.toMatchObject({ code: 'CQ322' });
});
