import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readText } from '../../reading/text.ts';

const JAPANESE = '今日は良い天気ですね。東京湾の潮位は満月に高くなる。';
const RUSSIAN = 'Сегодня хорошая погода. Прилив выше всего в полнолуние.';

/** The inverse of TextDecoder, of which there is none: each character is looked for among all pairs of bytes. */
function encode(text: string, encoding: string): Buffer {
  const decoder = new TextDecoder(encoding);
  const table = new Map<string, number[]>();
  for (let first = 0; first < 256; first++) {
    const alone = decoder.decode(Uint8Array.of(first));
    if (!alone.includes('\ufffd')) table.set(alone, [first]);
    else
      for (let second = 0x40; second < 0xff; second++) {
        const pair = decoder.decode(Uint8Array.of(first, second));
        if ([...pair].length === 1 && pair !== '\ufffd' && !table.has(pair)) table.set(pair, [first, second]);
      }
  }
  return Buffer.from([...text].flatMap((character) => table.get(character) ?? []));
}

const textOf = (bytes: Uint8Array) => {
  const read = readText(bytes);
  return 'notText' in read ? read : { text: read.text, encoding: read.encoding };
};
const warningsOf = (bytes: Uint8Array) => {
  const read = readText(bytes);
  return 'notText' in read ? [] : read.warnings.map(({ kind }) => kind);
};

test('any bytes give storable text or a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const read = readText(bytes);
      if ('notText' in read) return read.notText.length > 0;
      return read.text.isWellFormed() && !read.text.includes('\0') && !read.text.includes('\r');
    }),
  );
});

test('any text survives, but for its line ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(!/\p{Cc}/u.test(text) && !text.startsWith('\ufeff') && !/^(?:%PDF-|GIF8|PK)/.test(text));
      expect(readText(Buffer.from(text))).toEqual({ text, encoding: 'utf-8', warnings: [] });
    }),
  );
});

describe('UTF-8 and UTF-16', () => {
  test('UTF-16 is read with its mark and without', () => {
    const text = 'Grüße from the harbour\n';
    const little = Buffer.from(text, 'utf16le');
    const big = Buffer.from(little).swap16();
    expect(textOf(little)).toEqual({ text, encoding: 'utf-16le' });
    expect(textOf(big)).toEqual({ text, encoding: 'utf-16be' });
    expect(textOf(Buffer.concat([Buffer.from([0xff, 0xfe]), little]))).toEqual({
      text,
      encoding: 'utf-16le',
    });
    expect(textOf(Buffer.concat([Buffer.from([0xfe, 0xff]), big]))).toEqual({ text, encoding: 'utf-16be' });
    expect(warningsOf(little)).toEqual([]);
  });

  test('data that only begins like UTF-16, or alternates with zeros, is not read', () => {
    const numbers = Buffer.from(
      Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 + ((i * 7) % 31) : 0)),
    );
    expect(readText(numbers)).toHaveProperty('notText');
    const halves = Buffer.from(Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 0x41 : 0xd8)));
    expect(readText(Buffer.concat([Buffer.from([0xff, 0xfe]), halves]))).toHaveProperty('notText');
  });

  test('a few broken places among whole characters leave it UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('Grüße, déjà vu '),
      Buffer.from([0xe9]),
      Buffer.from(' – à demain'),
    ]);
    expect(textOf(bytes)).toEqual({ text: 'Grüße, déjà vu \ufffd – à demain', encoding: 'utf-8' });
    expect(warningsOf(bytes)).toEqual(['invalid_utf8']);
  });

  test('a NUL among words is taken out, and a file of them is data', () => {
    const text = `${'a'.repeat(200)}\0`;
    expect(textOf(Buffer.from(text))).toEqual({ text: 'a'.repeat(200), encoding: 'utf-8' });
    expect(warningsOf(Buffer.from(text))).toEqual(['nul_removed']);
    expect(readText(Buffer.from('a\0\0'))).toEqual({ notText: expect.stringMatching(/^data/) });
  });
});

describe('other encodings', () => {
  test.each([
    ['shift_jis', JAPANESE],
    ['euc-jp', JAPANESE],
    ['gb18030', '今天天气很好。东京湾的潮位在满月时升高。'],
    ['big5', '今天天氣很好。東京灣的潮位在滿月時升高。'],
    ['euc-kr', '오늘은 날씨가 좋습니다. 만조는 보름달에 높아집니다.'],
    ['windows-1251', RUSSIAN],
    ['koi8-r', RUSSIAN],
    ['iso-8859-7', 'Σήμερα ο καιρός είναι καλός. Η παλίρροια ανεβαίνει.'],
    ['windows-1252', 'He said “quote” – that’s naïve… it costs € 5.'],
    ['windows-1252', 'Räksmörgås är gott på sommaren, säger många.'],
    ['windows-1252', 'café au lait, déjà vu'],
  ])('%s is recognised, also among English words', (encoding, text) => {
    for (const whole of [text, `${text}\n${'plain words in between '.repeat(20)}\n${text}`]) {
      expect(textOf(encode(whole, encoding))).toEqual({ text: whole, encoding });
      expect(warningsOf(encode(whole, encoding))).toEqual(['other_encoding']);
    }
  });

  test.each([
    ['shift_jis', '会議の議事録'],
    // the second byte of a character is an ASCII letter, and so is that of the next
    ['shift_jis', '会議議事録'],
    ['shift_jis', '会議議題'],
    ['gb18030', '会议纪要:预算'],
    ['euc-kr', '회의록과 예산'],
    ['koi8-r', 'Протокол собрания'],
    ['windows-1251', 'Протокол собрания'],
    ['ibm866', 'Летом уровень воды поднимается.'],
    ['windows-874', 'ในฤดูร้อนระดับน้ำสูงขึ้นและเรือออกแต่เช้า'],
    ['macintosh', 'Über Nacht stieg der Pegel, höchstens für Gäste.'],
    ['windows-1250', 'Příliš žluťoučký kůň úpěl ďábelské ódy.'],
    ['macintosh', 'L’entrepôt est plein, c’est déjà décidé ; la fenêtre reste fermée.'],
    ['windows-1252', 'Duša, žena, mreža in hiša'],
    ['windows-1254', 'Sıcaklık ölçeri değişecek, Şükrü Bey sorumlu.'],
    ['windows-1252', 'Sjórinn hækkar á vorin, það er þó lítið; ýmsir róa.'],
    ['windows-1252', 'Señor Núñez—dice él—aún está aquí, ¿verdad?'],
  ])('%s is recognised by a few words', (encoding, text) => {
    expect(textOf(encode(text, encoding))).toEqual({ text, encoding });
  });

  test.each(['潮位は満月に高くなる。\n', 'Уровень воды, летом.\n', '수위는 높아지고, 떠난다.\n'])(
    'UTF-16 without its mark is known by what it says: %s',
    (text) => {
      const little = Buffer.from(text, 'utf16le');
      expect(textOf(little)).toEqual({ text, encoding: 'utf-16le' });
      expect(textOf(Buffer.from(little).swap16())).toEqual({ text, encoding: 'utf-16be' });
    },
  );

  test('what a page declares counts, unless its bytes say otherwise', () => {
    const page = (charset: string) => `<html><head><meta charset="${charset}"></head><p>żółw</p>`;
    expect(textOf(encode(page('iso-8859-2'), 'iso-8859-2'))).toMatchObject({ text: page('iso-8859-2') });
    expect(textOf(Buffer.from(page('iso-8859-2')))).toEqual({ text: page('iso-8859-2'), encoding: 'utf-8' });
    const unknown = encode('<meta charset="no-such-thing">café', 'windows-1252');
    expect(textOf(unknown)).toMatchObject({ encoding: 'windows-1252' });
  });

  test('Japanese mail is ASCII between escape sequences', () => {
    const bytes = Buffer.from('Subject: \x1b$B%F%9%H\x1b(B\n', 'latin1');
    expect(textOf(bytes)).toEqual({ text: 'Subject: テスト\n', encoding: 'iso-2022-jp' });
    expect(textOf(Buffer.from('\x1b[31mred\x1b[0m'))).toMatchObject({ encoding: 'utf-8' });
  });
});

test('what is not text is named', () => {
  const named: [string | Uint8Array, string][] = [
    ['%PDF-1.7', 'a PDF'],
    ['PK\x03\x04', 'a ZIP'],
    [Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'an old Office'],
    ['\x00\x00\x00\x18ftypmp42', 'an MP4'],
    ['RIFF\x10\x00\x00\x00WAVE', 'a WebP, WAV'],
    [Buffer.from(Array.from({ length: 2_000 }, (_, i) => (i * 7) % 256)), 'data: '],
  ];
  for (const [bytes, name] of named)
    expect(readText(Buffer.from(bytes as string))).toEqual({ notText: expect.stringContaining(name) });
});
