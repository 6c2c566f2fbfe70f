import { type Random, zipfPlaces } from './random.ts';

/** What a language looks like: its small words, and the sounds of which the others are built. */
interface Language {
  name: string;
  /** In the text search of PostgreSQL. */
  search: string;
  /** Of all conversations. */
  share: number;
  /** Words that carry no meaning, by how often they occur. */
  small: string;
  smallShare: number;
  beginnings: string;
  vowels: string;
  endings: string;
  question: string;
  stop: string;
  between: string;
}

const LANGUAGES: Language[] = [
  {
    name: 'en',
    search: 'english',
    share: 0.55,
    small:
      'the of and to a in is that it was for on are with as be at this have from or by not but what all when we there can an which if will each how',
    smallShare: 0.42,
    beginnings: 'b c d f g h l m n p r s t v w br cl dr fl gr pl pr st str th tr sh',
    vowels: 'a e i o u ea ou ai oo',
    endings: 'n r t l k s d m ng st nd rt ck ll  ',
    question: '?',
    stop: '.',
    between: ' ',
  },
  {
    name: 'de',
    search: 'german',
    share: 0.15,
    small:
      'die der und in zu den das nicht von sie ist des sich mit dem dass er es ein ich auf so eine auch als an nach wie im für man aber aus durch wenn nur',
    smallShare: 0.4,
    beginnings: 'b d f g h k l m n r s t w z sch st sp br gr kr tr schl pf fr',
    vowels: 'a e i o u ä ö ü ei ie au',
    endings: 'n r t l ch s ng nd rt ck st ung er  ',
    question: '?',
    stop: '.',
    between: ' ',
  },
  {
    name: 'es',
    search: 'spanish',
    share: 0.15,
    small:
      'de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este ya entre cuando todo',
    smallShare: 0.44,
    beginnings: 'b c d f g j l m n p r s t v ll ch br cr pr tr ñ',
    vowels: 'a e i o u á é í ó ú ie ue',
    endings: 'n r s l d     ',
    question: '?',
    stop: '.',
    between: ' ',
  },
  {
    name: 'zh',
    search: 'simple',
    share: 0.15,
    small: '的 一 是 了 我 不 在 人 有 他 这 中 大 来 上 个 国 到 说 们',
    smallShare: 0.35,
    beginnings: '',
    vowels: '',
    endings: '',
    question: '？',
    stop: '。',
    between: '',
  },
];

const VOCABULARY = 12_000;
/** Words that a topic has to itself, of those that are not rare. */
const WORDS_OF_TOPIC = 120;

export interface Writer {
  language: string;
  search: string;
  /** Some words, as a title or a question has them. */
  words(count: number, topic: number, random: Random): string;
  /** Sentences of so many words, in paragraphs. */
  text(count: number, topic: number, random: Random): string;
  question(count: number, topic: number, random: Random): string;
}

/** Not by a random number: the words of a language are the same for every seed. */
const scattered = (rank: number, salt: number): number =>
  (Math.imul(rank * 7 + salt + 1, 0x9e3779b1) >>> 8) & 0xffffff;

function wordOf(rank: number, { beginnings, vowels, endings }: Language): string {
  if (vowels === '') {
    // characters of the block that Chinese is written with; the more frequent a word, the fewer characters
    const character = (salt: number) => String.fromCodePoint(0x4e00 + (scattered(rank, salt) % 3000));
    return rank % 4 === 0 ? character(1) : character(1) + character(2);
  }
  const [first, middle, last] = [beginnings.split(' '), vowels.split(' '), endings.split(' ')];
  const syllables = rank < 600 ? 1 : rank < 4_000 ? 2 : 3;
  let word = '';
  for (let place = 0; place < syllables; place++) {
    word +=
      first[scattered(rank, place * 3) % first.length]! +
      middle[scattered(rank, place * 3 + 1) % middle.length]!;
  }
  return word + last[scattered(rank, 17) % last.length]!;
}

function writerOf(language: Language): Writer {
  const vocabulary = Array.from({ length: VOCABULARY }, (_, rank) => wordOf(rank, language));
  const small = language.small.split(' ');
  const anyWord = zipfPlaces(VOCABULARY, 2.7);
  const topicWord = zipfPlaces(WORDS_OF_TOPIC, 4);
  const smallWord = zipfPlaces(small.length, 1);
  const { between, stop, smallShare } = language;
  const smallBelow = Math.floor(smallShare * 256);
  // a drawing has 32 bits: 16 choose the place, 8 the kind of word, 8 whether the topic has it
  const draw = (topic: number, random: Random): string => {
    const bits = random.bits();
    const slot = bits >>> 16;
    if (((bits >>> 8) & 255) < smallBelow) return small[smallWord[slot]!]!;
    if ((bits & 255) < 115)
      return vocabulary[200 + ((topic * 977 + topicWord[slot]! * 31) % (VOCABULARY - 200))]!;
    return vocabulary[anyWord[slot]!]!;
  };
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  const words = (count: number, topic: number, random: Random): string => {
    let text = capital(draw(topic, random));
    for (let place = 1; place < count; place++) text += between + draw(topic, random);
    return text;
  };
  return {
    language: language.name,
    search: language.search,
    words,
    text(count, topic, random) {
      let text = '';
      for (let left = count; left > 0; ) {
        const length = Math.min(left, 7 + random.below(14));
        if (text !== '') text += random.chance(0.12) ? `${stop}\n\n` : stop + between;
        text += words(length, topic, random);
        left -= length;
      }
      return text + stop;
    },
    question: (count, topic, random) => words(count, topic, random) + language.question,
  };
}

/** Writers of the languages, drawn by how often each is used. Made once: each has its vocabulary. */
export function makeWriters(): (random: Random) => Writer {
  const writers = LANGUAGES.map((language) => ({ writer: writerOf(language), share: language.share }));
  return (random) => {
    let drawn = random.next();
    for (const { writer, share } of writers) {
      if (drawn < share) return writer;
      drawn -= share;
    }
    return writers[0]!.writer;
  };
}
